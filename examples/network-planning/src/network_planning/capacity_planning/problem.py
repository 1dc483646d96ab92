"""The network loading problem behind an input."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from network_planning.capacity_planning.schema import CapacityPlanningInput, ModuleType
from network_planning.design import Design
from network_planning.graph import paths_from, shortest_link_graph
from network_planning.solver import check_stop
from oaas_sdk import AlgorithmError


@dataclass(frozen=True)
class Problem:
    """Network loading. Links and kinds of modules are numbers: places in the lists of the input."""

    design: Design
    modules: list[ModuleType]
    max_modules: int | None
    traffic: dict[Any, dict[Any, float]]
    """Traffic by source and target, without zeros."""
    shortest: dict[Any, dict[Any, list[Any]]]
    """Nodes of a shortest path, by source and target, for all traffic."""

    def module_cost(self, link: int, type: int) -> float:
        """Cost of one module on a link."""
        module = self.modules[type]
        return module.cost + module.cost_per_km * self.design.links[link].length_km


def make_problem(input: CapacityPlanningInput) -> Problem:
    """The problem that ``input`` describes.

    Raises:
        AlgorithmError: ``infeasible`` because there is no path for a demand, ``noSolution`` if stopped meanwhile.
    """
    design = input.design
    traffic: defaultdict[Any, defaultdict[Any, float]] = defaultdict(lambda: defaultdict(float))
    for demand in design.demands:
        if demand.offered > 0:
            traffic[demand.source][demand.target] += demand.offered
    graph = shortest_link_graph(design)
    shortest: dict[Any, dict[Any, list[Any]]] = {}
    for source, targets in traffic.items():
        check_stop()
        _, paths = paths_from(graph, source)
        for target in targets:
            if target not in paths:
                raise AlgorithmError(
                    "infeasible",
                    f"there is traffic from {source!r} to {target!r}, but no path",
                    details={"source": source, "target": target},
                )
        shortest[source] = {target: paths[target] for target in targets}
    return Problem(
        design=design,
        modules=input.modules,
        max_modules=input.max_modules_per_link,
        traffic={source: dict(targets) for source, targets in traffic.items()},
        shortest=shortest,
    )
