"""Paths in a design. Lengths are kilometres, paths are lists of node ids."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from itertools import islice, pairwise
from typing import Any

import networkx as nx

from network_planning.design import Design


def shortest_link_graph(design: Design, usable: Container[int] | None = None) -> nx.DiGraph[Any]:
    """The design as a simple directed graph: of parallel links the shortest stays (on a tie, the first).

    With ``usable`` only links with these places in ``design.links`` count. An edge has the attributes ``km`` and
    ``index``, the place of its link in ``design.links``.
    """
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_nodes_from(node.id for node in design.nodes)
    for index, link in enumerate(design.links):
        if usable is not None and index not in usable:
            continue
        known = graph.get_edge_data(link.source, link.target)
        if known is None or link.length_km < known["km"]:
            graph.add_edge(link.source, link.target, km=link.length_km, index=index)
    return graph


def paths_from(graph: nx.DiGraph[Any], source: Any) -> tuple[dict[Any, float], dict[Any, list[Any]]]:
    """Lengths and shortest paths from ``source`` to every node that can be reached (Dijkstra)."""
    lengths: dict[Any, float]
    paths: dict[Any, list[Any]]
    lengths, paths = nx.single_source_dijkstra(graph, source, weight="km")  # type: ignore[assignment]
    return lengths, paths


def shortest_paths(graph: nx.DiGraph[Any], source: Any, target: Any, k: int) -> Iterator[list[Any]]:
    """The ``k`` shortest loopless paths in order of length (Yen); fewer when there are no more."""
    try:
        yield from islice(nx.shortest_simple_paths(graph, source, target, weight="km"), k)
    except nx.NetworkXNoPath:
        return


def path_km(graph: nx.DiGraph[Any], path: list[Any]) -> float:
    """Length of a path in kilometres."""
    return math.fsum(graph.edges[hop]["km"] for hop in pairwise(path))
