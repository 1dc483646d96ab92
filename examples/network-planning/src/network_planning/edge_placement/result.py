"""From the decisions of a solution to the output of ``edge-placement``."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from network_planning.design import Design
from network_planning.edge_placement.formulation import Solution
from network_planning.edge_placement.problem import Problem
from network_planning.edge_placement.schema import (
    Assignment,
    EdgePlacementOutput,
    PlacedLink,
    PlacedNode,
    Placement,
)
from network_planning.graph import shortest_link_graph
from network_planning.mip import relative_gap
from network_planning.mip_types import Termination


def make_output(
    problem: Problem, solution: Solution, bound: float, termination: Termination, design: Design | None
) -> EdgePlacementOutput:
    """The output for ``solution``; with a design, including what a map of it needs."""
    objective = solution.opening_cost + solution.assignment_cost
    bound = min(bound, objective)
    return EdgePlacementOutput(
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        termination=termination,
        opening_cost=solution.opening_cost,
        assignment_cost=solution.assignment_cost,
        opened_sites=[problem.site_ids[site] for site in solution.opened],
        assignments=[
            Assignment(
                customer=customer,
                site=problem.site_ids[option.site],
                fraction=fraction,
                km=option.km,
                latency_ms=option.latency_ms,
                path=None if option.path is None else list(option.path),
            )
            for customer, parts in zip(problem.customer_ids, solution.served, strict=True)
            for option, fraction in parts
        ],
        network=None if design is None else _place(problem, solution, design),
    )


def _place(problem: Problem, solution: Solution, design: Design) -> Placement:
    site_load: defaultdict[int, float] = defaultdict(float)
    link_load: defaultdict[int, float] = defaultdict(float)
    graph = shortest_link_graph(design)
    for demand, parts in zip(problem.demands, solution.served, strict=True):
        for option, fraction in parts:
            site_load[option.site] += demand * fraction
            for hop in pairwise(option.path or ()):
                link_load[graph.edges[hop]["index"]] += demand * fraction
    opened = set(solution.opened)
    return Placement(
        site_capacity=problem.capacities[0],
        site_opening_cost=problem.opening_costs[0],
        nodes=[
            PlacedNode(
                id=node.id,
                lon=node.lon,
                lat=node.lat,
                demand=problem.demands[site],
                opened=site in opened,
                load=site_load[site],
                utilisation=site_load[site] / problem.capacities[site] if problem.capacities[site] else 0.0,
            )
            for site, node in enumerate(design.nodes)
        ],
        links=[
            PlacedLink(source=link.source, target=link.target, length_km=link.length_km, load=link_load[index])
            for index, link in enumerate(design.links)
        ],
    )
