"""Input and output of ``edge-placement``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from network_planning.design import Design, refuse_duplicates
from network_planning.mip_types import MipLimits, Termination
from network_planning.wire import Amount, Identifier, Wire

Row = Annotated[list[Amount], Field(max_length=10_000)]


class Site(Wire):
    """A place where a site can be opened."""

    id: Identifier = Field(examples=["frankfurt"])
    """Unique among the sites."""
    capacity: Amount = Field(examples=[100])
    """Demand that the site can serve once it is open, in the unit of the demands."""
    opening_cost: Amount = Field(default=0, examples=[250])
    """Cost of opening it, in the unit of the assignment costs."""


class Customer(Wire):
    """Somebody who must be served."""

    id: Identifier = Field(examples=["customer-1"])
    """Unique among the customers."""
    demand: Amount = Field(examples=[12.5])
    """How much must be served."""


class EdgePlacementInput(MipLimits):
    """Either ``sites``, ``customers`` and ``assignmentCosts``, or ``design``."""

    sites: list[Site] | None = Field(default=None, min_length=1, max_length=10_000)
    """Places where a site can be opened."""
    customers: list[Customer] | None = Field(default=None, max_length=100_000)
    """Who must be served."""
    assignment_costs: list[Row] | None = Field(default=None, max_length=100_000, examples=[[[30, 5], [8, 40]]])
    """One list for each customer with one cost for each site: the cost of serving the *whole* demand of that customer
    from that site. A part of the demand costs that part of it."""
    assignment_latencies_ms: list[Row] | None = Field(
        default=None, max_length=100_000, title="Assignment latencies (ms)", examples=[[[1.5, 0.2], [0.3, 2.1]]]
    )
    """One-way latency in milliseconds between each customer (list) and each site (entry). Needed with `maxLatencyMs`,
    which has nothing to compare with otherwise."""

    design: Design | None = None
    """A network design instead of sites, customers and costs: every node is a site and a customer. The demand of a node
    is its traffic in + out, and serving it costs demand times kilometres of the shortest path from node to site."""
    site_capacity: float | None = Field(default=None, gt=0, le=1e12, allow_inf_nan=False, examples=[500])
    """With `design`: capacity of every site, in traffic units. By default `siteCapacityFactor` decides."""
    site_capacity_factor: float | None = Field(default=None, gt=0, le=1e6, allow_inf_nan=False, examples=[0.4])
    """With `design`: capacity of every site as a multiple of the total demand. By default 1: any one site could serve
    everything."""
    site_opening_cost: Amount | None = Field(default=None, title="Site opening cost (traffic unit km)", examples=[2e5])
    """With `design`: cost of opening a site, in traffic unit times km. By default a tenth of what it costs to serve all
    customers from the best single site, or 0 when `p` fixes the number of sites."""

    p: int | None = Field(default=None, ge=1, le=10_000, title="Sites to open (p)", examples=[3])
    """Open exactly so many sites; by default as many as are worth it."""
    max_latency_ms: Amount | None = Field(default=None, title="Maximum latency (ms)", examples=[10])
    """Forbid serving a customer from a site with more one-way propagation latency than this. In a design it is the
    length of the shortest path at 200 km per millisecond."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        explicit = {
            "sites": self.sites,
            "customers": self.customers,
            "assignmentCosts": self.assignment_costs,
        }
        given = [name for name, value in explicit.items() if value is not None]
        if self.design is not None:
            self._check_design(given)
        elif len(given) < len(explicit):
            missing = ", ".join(name for name in explicit if name not in given)
            raise ValueError(f"give either design, or sites, customers and assignmentCosts (missing: {missing})")
        else:
            self._check_explicit()
        return self

    def _check_design(self, given: list[str]) -> None:
        if given:
            raise ValueError(f"design replaces {', '.join(given)}: give one or the other")
        if self.assignment_latencies_ms is not None:
            raise ValueError("a design has its own latencies: leave out assignmentLatenciesMs")
        if self.site_capacity is not None and self.site_capacity_factor is not None:
            raise ValueError("give siteCapacity or siteCapacityFactor, not both")
        self._check_p(len(self.design.nodes) if self.design else 0)

    def _check_explicit(self) -> None:
        sites, customers = self.sites or [], self.customers or []
        only_design = {
            "siteCapacity": self.site_capacity,
            "siteCapacityFactor": self.site_capacity_factor,
            "siteOpeningCost": self.site_opening_cost,
        }
        for name, value in only_design.items():
            if value is not None:
                raise ValueError(f"{name} applies to a design; here every site has its own figures")
        refuse_duplicates("site", (site.id for site in sites))
        refuse_duplicates("customer", (customer.id for customer in customers))
        _check_matrix("assignmentCosts", self.assignment_costs, len(customers), len(sites))
        _check_matrix("assignmentLatenciesMs", self.assignment_latencies_ms, len(customers), len(sites))
        if self.max_latency_ms is not None and self.assignment_latencies_ms is None:
            raise ValueError("maxLatencyMs needs latencies: give assignmentLatenciesMs, or a design")
        self._check_p(len(sites))

    def _check_p(self, sites: int) -> None:
        if self.p is not None and self.p > sites:
            raise ValueError(f"p = {self.p} sites cannot be opened: there are {sites}")


def _check_matrix(name: str, rows: list[list[float]] | None, customers: int, sites: int) -> None:
    if rows is None:
        return
    if len(rows) != customers:
        raise ValueError(f"{name} needs one list for each of the {customers} customers, not {len(rows)}")
    for index, row in enumerate(rows):
        if len(row) != sites:
            raise ValueError(f"{name}/{index} needs one number for each of the {sites} sites, not {len(row)}")


class Assignment(Wire):
    """Which part of a customer's demand a site serves."""

    customer: Identifier
    site: Identifier
    fraction: float = Field(gt=0, le=1)
    """Part of the customer's demand; the fractions of a customer sum to 1."""
    km: float | None = Field(default=None, title="Distance (km)")
    """With a design: length of the shortest path."""
    latency_ms: float | None = Field(default=None, title="Latency (ms)")
    """One-way propagation latency, if latencies are known."""
    path: list[Identifier] | None = None
    """With a design: nodes of the shortest path from the customer to the site."""


class PlacedNode(Wire):
    """A node of the design after placement."""

    id: Identifier
    lon: float | None = Field(default=None, title="Longitude (°)")
    lat: float | None = Field(default=None, title="Latitude (°)")
    demand: float
    """Traffic in + out of the node, in traffic units."""
    opened: bool
    """Whether a site is opened here."""
    load: float
    """Demand that the site here serves, in traffic units."""
    utilisation: float
    """Load divided by the site's capacity; 0 where no site is opened."""


class PlacedLink(Wire):
    """A link of the design and what it carries to the sites."""

    source: Identifier
    target: Identifier
    length_km: float = Field(alias="length_km", title="Length (km)")
    load: float
    """Demand that travels over this link from customers to their sites, in traffic units."""


class Placement(Wire):
    """What a map of the result needs."""

    site_capacity: float
    """Capacity of every site, in traffic units."""
    site_opening_cost: float
    """Cost of opening one site."""
    nodes: list[PlacedNode]
    links: list[PlacedLink]


class EdgePlacementOutput(Wire):
    """The best placement found."""

    objective: float
    """Opening costs + assignment costs of this placement."""
    bound: float
    """Proved: no placement costs less."""
    gap: float = Field(ge=0)
    """Relative gap between objective and bound, |objective - bound| / |objective|."""
    termination: Termination
    """Why the search ended."""
    opening_cost: float
    """Part of the objective that opens sites."""
    assignment_cost: float
    """Part of the objective that serves customers."""
    opened_sites: list[Identifier]
    """Ids of the sites to open, in the order of the input."""
    assignments: list[Assignment]
    """Who is served from where, in the order of the customers."""
    network: Placement | None = None
    """With a design: the network for a map."""
