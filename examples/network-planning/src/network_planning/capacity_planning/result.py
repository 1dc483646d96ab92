"""From the decisions of a solution to the output of ``capacity-planning``."""

from __future__ import annotations

import math

from network_planning.capacity_planning.formulation import Formulation
from network_planning.capacity_planning.problem import Problem
from network_planning.capacity_planning.routing import Path, route
from network_planning.capacity_planning.schema import (
    CapacityPlanningOutput,
    PlannedLink,
    PlannedModules,
    PlannedNode,
    Route,
    RoutedDemand,
)
from network_planning.mip import MipSolution, relative_gap

TOLERANCE = 1e-5
"""Relative overload of a link that is the solver's rounding."""


def make_output(problem: Problem, formulation: Formulation, found: MipSolution) -> CapacityPlanningOutput:
    """The output for a solution."""
    paths = route(problem, formulation, found.values)
    carried = [0.0] * len(problem.design.links)
    for path in (path for several in paths for path in several):
        for link in path.links:
            carried[link] += path.carried
    links = [
        _plan_link(problem, index, [round(found.values[column]) for column in columns], carried[index])
        for index, columns in enumerate(formulation.module_columns)
    ]
    objective = math.fsum(link.cost for link in links)
    bound = min(found.bound, objective)
    return CapacityPlanningOutput(
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        termination=found.termination,
        module_count=sum(modules.count for link in links for modules in link.modules),
        nodes=[PlannedNode(id=node.id, lon=node.lon, lat=node.lat) for node in problem.design.nodes],
        links=links,
        demands=[
            RoutedDemand(
                source=demand.source,
                target=demand.target,
                offered=demand.offered,
                routes=[_to_route(problem, path) for path in several],
            )
            for demand, several in zip(problem.design.demands, paths, strict=True)
        ],
    )


def _plan_link(problem: Problem, index: int, counts: list[int], carried: float) -> PlannedLink:
    link = problem.design.links[index]
    capacities = [module.capacity for module in problem.modules]
    costs = [problem.module_cost(index, type) for type in range(len(counts))]
    # A solution that is not proved optimal may have more than the traffic needs: the dearest modules go first.
    for type in sorted(range(len(counts)), key=costs.__getitem__, reverse=True):
        spare = _product(counts, capacities) - carried * (1 - TOLERANCE)
        counts[type] -= min(counts[type], max(0, math.floor(spare / capacities[type])))
    capacity = _product(counts, capacities)
    return PlannedLink(
        source=link.source,
        target=link.target,
        length_km=link.length_km,
        modules=[
            PlannedModules(type=type, name=problem.modules[type].name, count=count)
            for type, count in enumerate(counts)
            if count
        ],
        capacity=capacity,
        carried=carried,
        utilisation=carried / capacity if capacity else 0.0,
        cost=_product(counts, costs),
    )


def _product(counts: list[int], values: list[float]) -> float:
    return math.fsum(count * value for count, value in zip(counts, values, strict=True))


def _to_route(problem: Problem, path: Path) -> Route:
    return Route(
        path=path.nodes,
        links=path.links,
        km=math.fsum(problem.design.links[link].length_km for link in path.links),
        carried=path.carried,
    )
