"""The facility location problem behind an input, whether it came as figures or as a network design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from network_planning.design import KM_PER_MS, Design
from network_planning.edge_placement.schema import EdgePlacementInput
from network_planning.graph import paths_from, shortest_link_graph
from network_planning.solver import check_stop

LATENCY_TOLERANCE = 1e-9
"""Relative slack of the latency limit, so that 2000 km are within 10 ms whatever the rounding of the sum."""


@dataclass(frozen=True)
class Option:
    """One way to serve a customer: from ``site``, at ``cost`` for its whole demand."""

    site: int
    cost: float
    latency_ms: float | None = None
    km: float | None = None
    path: Sequence[Any] | None = None


@dataclass(frozen=True)
class Problem:
    """Capacitated facility location. Sites and customers are numbers: places in these lists."""

    site_ids: Sequence[Any]
    capacities: Sequence[float]
    opening_costs: Sequence[float]
    customer_ids: Sequence[Any]
    demands: Sequence[float]
    options: Sequence[Sequence[Option]]
    """For each customer the sites that may serve it."""
    p: int | None = None


def make_problem(input: EdgePlacementInput) -> Problem:
    """The problem that ``input`` describes; assignments beyond the latency limit are left out."""
    problem = _from_figures(input) if input.design is None else _from_design(input, input.design)
    limit = input.max_latency_ms
    if limit is None:
        return problem
    limit *= 1 + LATENCY_TOLERANCE
    near = [
        [option for option in options if option.latency_ms is not None and option.latency_ms <= limit]
        for options in problem.options
    ]
    return replace(problem, options=near)


def _from_figures(input: EdgePlacementInput) -> Problem:
    sites, customers, costs = input.sites or [], input.customers or [], input.assignment_costs or []
    latencies: Sequence[Sequence[float | None]] = input.assignment_latencies_ms or [[None] * len(sites)] * len(costs)
    return Problem(
        site_ids=[site.id for site in sites],
        capacities=[site.capacity for site in sites],
        opening_costs=[site.opening_cost for site in sites],
        customer_ids=[customer.id for customer in customers],
        demands=[customer.demand for customer in customers],
        options=[
            [Option(site, *figures) for site, figures in enumerate(zip(row, latency, strict=True))]
            for row, latency in zip(costs, latencies, strict=True)
        ],
        p=input.p,
    )


def _from_design(input: EdgePlacementInput, design: Design) -> Problem:
    identifiers = [node.id for node in design.nodes]
    demands = node_traffic(design)
    graph = shortest_link_graph(design)
    options = []
    for customer, demand in zip(identifiers, demands, strict=True):
        check_stop()
        km, paths = paths_from(graph, customer)
        options.append(
            [
                Option(site, km[node] * demand, km[node] / KM_PER_MS, km[node], paths[node])
                for site, node in enumerate(identifiers)
                if node in km
            ]
        )
    total = sum(demands)
    capacity = input.site_capacity
    if capacity is None:
        capacity = total * (1.0 if input.site_capacity_factor is None else input.site_capacity_factor)
    opening_cost = input.site_opening_cost
    if opening_cost is None:
        opening_cost = 0.0 if input.p is not None else _default_opening_cost(options, len(identifiers))
    return Problem(
        site_ids=identifiers,
        capacities=[capacity] * len(identifiers),
        opening_costs=[opening_cost] * len(identifiers),
        customer_ids=identifiers,
        demands=demands,
        options=options,
        p=input.p,
    )


def node_traffic(design: Design) -> list[float]:
    """Traffic in + out of each node, in traffic units."""
    traffic = {node.id: 0.0 for node in design.nodes}
    for demand in design.demands:
        traffic[demand.source] += demand.offered
        traffic[demand.target] += demand.offered
    return list(traffic.values())


def _default_opening_cost(options: Sequence[Sequence[Option]], sites: int) -> float:
    """A tenth of the cost of serving everybody from the best single site: makes opening a choice in any design."""
    alone = [0.0] * sites
    reached = [0] * sites
    for customer in options:
        for option in customer:
            alone[option.site] += option.cost
            reached[option.site] += 1
    everybody = [cost for cost, count in zip(alone, reached, strict=True) if count == len(options)]
    return 0.1 * min(everybody, default=0.0)
