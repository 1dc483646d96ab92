"""Input and output of ``capacity-planning``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from network_planning.design import Design
from network_planning.mip_types import MipLimits, Termination
from network_planning.wire import Amount, Identifier, Wire


class ModuleType(Wire):
    """A unit of capacity that can be bought for a link, any number of times."""

    name: str = Field(default="", max_length=200, examples=["100G"])
    """For people; it comes back in the output."""
    capacity: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] = Field(examples=[100])
    """What one module carries, in traffic units."""
    cost: Amount = Field(default=0, examples=[500])
    """Cost of one module, whatever the length of the link."""
    cost_per_km: Amount = Field(default=0, title="Cost per km", examples=[1])
    """Cost of one module for each kilometre of the link, on top of `cost`."""


def _default_modules() -> list[ModuleType]:
    return [ModuleType(name="100", capacity=100, cost_per_km=1)]


class CapacityPlanningInput(MipLimits):
    """A design, and what capacity can be bought."""

    design: Design
    """Network whose demands are to be routed. Capacities of its links are ignored: planning starts with empty links."""
    modules: list[ModuleType] = Field(default_factory=_default_modules, min_length=1, max_length=20)
    """Kinds of modules. By default one, which carries 100 traffic units and costs 1 per kilometre."""
    max_modules_per_link: int | None = Field(default=None, ge=1, le=1_000_000, examples=[8])
    """At most so many modules on each link, all kinds together; no limit by default."""
    mip_gap: float = Field(
        default=0.02, ge=0, le=1, title="Relative optimality gap", examples=[0.02], allow_inf_nan=False
    )
    """Stop as soon as the cost is proved to be within this fraction of the optimum (0.02 = 2 %). The last percent can
    take longer than all before."""


class PlannedModules(Wire):
    """Modules of one kind on a link."""

    type: int
    """Which kind: place in `modules` of the input, from 0."""
    name: str
    """Name of the kind."""
    count: int
    """How many."""


class PlannedLink(Wire):
    """What to buy for a link, and what it carries then."""

    source: Identifier
    target: Identifier
    length_km: float = Field(alias="length_km", title="Length (km)")
    modules: list[PlannedModules]
    """Modules to buy; empty for a link that is not needed."""
    capacity: float
    """Capacity of these modules, in traffic units."""
    carried: float
    """Traffic over the link, in traffic units."""
    utilisation: float
    """Carried traffic divided by the capacity; 0 where there is none."""
    cost: float
    """Cost of these modules."""


class Route(Wire):
    """One path of a demand."""

    path: list[Identifier]
    """Nodes from source to target."""
    links: list[int]
    """Links of the path: places in the links of the design, from 0."""
    km: float = Field(title="Length (km)")
    """Length of the path in kilometres."""
    carried: float
    """Traffic on this path, in traffic units."""


class RoutedDemand(Wire):
    """How a demand gets to its target."""

    source: Identifier
    target: Identifier
    offered: float
    """The demand, in traffic units; its routes carry just this much together."""
    routes: list[Route]
    """Paths that share the demand; none for a demand of 0."""


class PlannedNode(Wire):
    """A node of the design, for a map."""

    id: Identifier
    lon: float | None = Field(default=None, title="Longitude (°)")
    lat: float | None = Field(default=None, title="Latitude (°)")


class CapacityPlanningOutput(Wire):
    """The cheapest plan found."""

    objective: float
    """Cost of all modules of this plan."""
    bound: float
    """Proved: no plan costs less."""
    gap: float = Field(ge=0)
    """Relative gap between objective and bound, |objective - bound| / |objective|."""
    termination: Termination
    """Why the search ended."""
    module_count: int
    """Modules to buy, all links and kinds together."""
    nodes: list[PlannedNode]
    """Nodes of the design."""
    links: list[PlannedLink]
    """Links of the design, in its order."""
    demands: list[RoutedDemand]
    """Demands of the design, in its order."""
