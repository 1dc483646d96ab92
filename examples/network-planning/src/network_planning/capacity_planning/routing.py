"""From the flows of a solution to paths for each demand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import networkx as nx

from network_planning.capacity_planning.formulation import Formulation
from network_planning.capacity_planning.problem import Problem
from network_planning.design import Design
from network_planning.graph import shortest_link_graph
from network_planning.mip import Vector

DUST = 1e-6
"""Flows up to the solver's feasibility tolerance, in units of the program, are rounding, not traffic."""


@dataclass
class Path:
    """A way from source to target, and the traffic on it."""

    nodes: list[Any]
    links: list[int]
    carried: float


def route(problem: Problem, formulation: Formulation, values: Vector) -> list[list[Path]]:
    """For each demand of the design paths that carry just this demand.

    The paths of a demand use the links on which its commodity flows, shortest paths first. Flow in circles, which
    costs nothing where a module has room left, is on no path and thus disappears.
    """
    remaining = {
        source: _Flow(
            problem.design,
            {link: flow for link, column in columns.items() if (flow := values[column] * formulation.unit) > 0},
            DUST * formulation.unit,
        )
        for source, columns in formulation.flow_columns.items()
    }
    routed = []
    for demand in problem.design.demands:
        paths: list[Path] = []
        if demand.offered > 0:
            paths = list(remaining[demand.source].take(demand.source, demand.target, demand.offered))
            if not paths:  # a demand as small as the solver's tolerance
                nodes = problem.shortest[demand.source][demand.target]
                paths = [Path(nodes, _links(shortest_link_graph(problem.design), nodes), demand.offered)]
            # What is missing is rounding: spread it, so that the paths carry the demand to the last digit.
            total = math.fsum(path.carried for path in paths)
            for path in paths:
                path.carried *= demand.offered / total
        routed.append(paths)
    return routed


class _Flow:
    """Flow from one source, of which paths are taken away."""

    def __init__(self, design: Design, flow: dict[int, float], dust: float) -> None:
        self._design = design
        self._flow = {link: amount for link, amount in flow.items() if amount > dust}
        self._dust = dust
        self._graph = shortest_link_graph(design, self._flow)

    def take(self, source: Any, target: Any, amount: float) -> Iterator[Path]:
        """Paths with ``amount`` of flow together, up to rounding."""
        while amount > self._dust:
            try:
                nodes = nx.dijkstra_path(self._graph, source, target, weight="km")
            except nx.NetworkXNoPath:
                return
            links = _links(self._graph, nodes)
            carried = min(amount, *(self._flow[link] for link in links))
            amount -= carried
            emptied = False
            for link in links:
                self._flow[link] -= carried
                if self._flow[link] <= self._dust:
                    del self._flow[link]
                    emptied = True
            if emptied:
                self._graph = shortest_link_graph(self._design, self._flow)
            yield Path(nodes, links, carried)


def _links(graph: nx.DiGraph[Any], nodes: list[Any]) -> list[int]:
    return [graph.edges[hop]["index"] for hop in pairwise(nodes)]
