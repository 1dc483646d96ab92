"""Inequalities that every plan satisfies and that shorten the search, on real networks to about half.

Traffic that leaves a set of nodes needs that much capacity on the links that leave it, and modules come whole
(cut-set inequalities, strengthened by mixed-integer rounding).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from network_planning.capacity_planning.problem import Problem
from network_planning.mip import Mip
from network_planning.solver import check_stop

MAX_SETS = 400
"""Sets of nodes to consider; small ones come first and help most."""

TOLERANCE = 1e-6
"""A need for capacity that exceeds whole modules by less than this fraction of one is rounding."""


def add_cut_sets(mip: Mip, problem: Problem, module_columns: list[list[int]]) -> None:
    """Add the inequalities of single nodes and connected groups of nodes, in both directions."""
    links = list(enumerate(problem.design.links))
    for group in _connected_groups(problem):
        check_stop()
        leaving = [index for index, link in links if link.source in group and link.target not in group]
        entering = [index for index, link in links if link.source not in group and link.target in group]
        out, into = _crossing(problem, group)
        for need, cut in ((out, leaving), (into, entering)):
            for coefficients, least in _round_up(need, [module.capacity for module in problem.modules]):
                terms = [(module_columns[index][type], value) for index in cut for type, value in coefficients]
                mip.add_row(least, math.inf, terms)


def _connected_groups(problem: Problem) -> Iterator[frozenset[Any]]:
    """Connected sets of nodes in order of size, at most ``MAX_SETS`` and up to half of the nodes."""
    neighbours: dict[Any, set[Any]] = {node.id: set() for node in problem.design.nodes}
    for link in problem.design.links:
        neighbours[link.source].add(link.target)
        neighbours[link.target].add(link.source)
    groups = dict.fromkeys(frozenset([node]) for node in neighbours)
    given = 0
    for _ in range(max(1, len(neighbours) // 2)):
        larger: dict[frozenset[Any], None] = {}
        for group in groups:
            if given == MAX_SETS:
                return
            given += 1
            yield group
            # In the order of the design, for the same program every time.
            near = [node for node in neighbours if node not in group and not group.isdisjoint(neighbours[node])]
            larger.update(dict.fromkeys(group | {node} for node in near))
        groups = larger


def _crossing(problem: Problem, group: frozenset[Any]) -> tuple[float, float]:
    """Traffic out of the group and into it."""
    out = into = 0.0
    for source, targets in problem.traffic.items():
        inside = source in group
        for target, amount in targets.items():
            if inside and target not in group:
                out += amount
            elif not inside and target in group:
                into += amount
    return out, into


def _round_up(need: float, capacities: list[float]) -> Iterator[tuple[list[tuple[int, float]], float]]:
    """Mixed-integer rounding of ``sum of capacity * modules >= need``, divided by each capacity in turn.

    Gives coefficients by kind of module, and what their sum is at least.
    """
    for divisor in capacities:
        whole = math.floor(need / divisor)
        part = need / divisor - whole
        if part <= TOLERANCE:
            if whole:
                yield [(type, capacity / divisor) for type, capacity in enumerate(capacities)], whole
            continue
        coefficients = []
        for type, capacity in enumerate(capacities):
            units = math.floor(capacity / divisor * (1 + 1e-12))
            rest = max(0.0, capacity / divisor - units)
            coefficients.append((type, units + min(rest / part, 1.0)))
        yield coefficients, whole + 1
