"""From the input of ``k-shortest-paths`` to its output."""

from __future__ import annotations

from typing import Any

from network_planning.design import KM_PER_MS
from network_planning.graph import path_km, shortest_link_graph, shortest_paths
from network_planning.shortest_paths.schema import (
    DemandPaths,
    FoundPath,
    KShortestPathsInput,
    KShortestPathsOutput,
)
from oaas_sdk import progress, should_stop


def find_paths(input: KShortestPathsInput) -> KShortestPathsOutput:
    """The shortest paths of each demand; when a stop is asked for, of those that are done by then."""
    graph = shortest_link_graph(input.design)
    found: dict[tuple[Any, Any], list[FoundPath]] = {}
    demands = input.design.demands
    done: list[DemandPaths] = []
    for number, demand in enumerate(demands):
        progress(number / len(demands), f"demand {number + 1} of {len(demands)}: {demand.source} to {demand.target}")
        ends = (demand.source, demand.target)
        if ends not in found:
            paths = []
            for nodes in shortest_paths(graph, *ends, input.k):
                km = path_km(graph, nodes)
                paths.append(FoundPath(nodes=nodes, km=km, latency_ms=km / KM_PER_MS))
                if should_stop():
                    break
            found[ends] = paths
        if should_stop():
            break
        done.append(DemandPaths(source=demand.source, target=demand.target, offered=demand.offered, paths=found[ends]))
    count = sum(len(demand.paths) for demand in done)
    progress(len(done) / max(1, len(demands)), f"{count} paths for {len(done)} of {len(demands)} demands")
    return KShortestPathsOutput(complete=len(done) == len(demands), path_count=count, demands=done)
