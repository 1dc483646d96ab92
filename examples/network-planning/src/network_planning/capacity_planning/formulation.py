"""Network loading as a mixed-integer program.

Traffic with the same source is one commodity, which keeps the program small without changing its optimum.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from network_planning.capacity_planning.cuts import add_cut_sets
from network_planning.capacity_planning.problem import Problem
from network_planning.graph import shortest_link_graph
from network_planning.mip import Mip, Vector


@dataclass(frozen=True)
class Formulation:
    """The program and where its variables are."""

    mip: Mip
    unit: float
    """Traffic units of one unit of flow: the program counts in average demands, which keeps its numbers near 1."""
    module_columns: list[list[int]]
    """For each link, for each kind of module."""
    flow_columns: dict[Any, dict[int, int]]
    """For each source, by link."""


def formulate(problem: Problem) -> Formulation:
    """Build the program that the description of ``capacity-planning`` states."""
    mip = Mip()
    links = problem.design.links
    amounts = [amount for targets in problem.traffic.values() for amount in targets.values()]
    total = math.fsum(amounts)
    unit = total / len(amounts) if amounts else 1.0
    modules = [
        [
            mip.add_column(problem.module_cost(link, type), _most_modules(problem, type, total), integer=True)
            for type in range(len(problem.modules))
        ]
        for link in range(len(links))
    ]
    flows = {
        source: {
            # Traffic never needs to come back to its source.
            index: mip.add_column(0, math.fsum(targets.values()) / unit)
            for index, link in enumerate(links)
            if link.target != source
        }
        for source, targets in problem.traffic.items()
    }
    formulation = Formulation(mip, unit, modules, flows)
    _conserve(problem, formulation)
    _limit(problem, formulation)
    add_cut_sets(mip, problem, modules)
    mip.first_solution = _route_on_shortest_paths(problem, formulation)
    return formulation


def _most_modules(problem: Problem, type: int, total: float) -> int:
    enough = max(1, math.ceil(total / problem.modules[type].capacity))
    return enough if problem.max_modules is None else min(enough, problem.max_modules)


def _conserve(problem: Problem, formulation: Formulation) -> None:
    """Each commodity leaves at every node what goes there, and nothing else."""
    for source, columns in formulation.flow_columns.items():
        terms: dict[Any, list[tuple[int, float]]] = {node.id: [] for node in problem.design.nodes}
        for index, column in columns.items():
            link = problem.design.links[index]
            terms[link.target].append((column, 1.0))
            terms[link.source].append((column, -1.0))
        del terms[source]  # this row follows from all others
        for node, row in terms.items():
            amount = problem.traffic[source].get(node, 0.0) / formulation.unit
            formulation.mip.add_row(amount, amount, row)


def _limit(problem: Problem, formulation: Formulation) -> None:
    """A link carries no more than its modules can, and has no more modules than it may."""
    scale = max(module.capacity for module in problem.modules)
    for index, columns in enumerate(formulation.module_columns):
        flows = [by_link[index] for by_link in formulation.flow_columns.values() if index in by_link]
        terms = [(column, formulation.unit / scale) for column in flows]
        terms += [(column, -module.capacity / scale) for column, module in zip(columns, problem.modules, strict=True)]
        formulation.mip.add_row(-math.inf, 0, terms)
        if problem.max_modules is not None:
            formulation.mip.add_row(-math.inf, problem.max_modules, [(column, 1.0) for column in columns])


def _route_on_shortest_paths(problem: Problem, formulation: Formulation) -> Vector | None:
    """The solution that routes everything on shortest paths, on modules of one kind for each link, if there is one."""
    values = np.zeros(len(formulation.mip.cost))
    graph = shortest_link_graph(problem.design)
    load: defaultdict[int, float] = defaultdict(float)
    for source, paths in problem.shortest.items():
        for target, path in paths.items():
            amount = problem.traffic[source][target]
            for hop in pairwise(path):
                index = graph.edges[hop]["index"]
                values[formulation.flow_columns[source][index]] += amount / formulation.unit
                load[index] += amount
    for index, amount in load.items():
        counts = [math.ceil(amount / module.capacity * (1 - 1e-9)) for module in problem.modules]
        costs = [count * problem.module_cost(index, type) for type, count in enumerate(counts)]
        cheapest = min(range(len(costs)), key=costs.__getitem__)
        if problem.max_modules is not None and counts[cheapest] > problem.max_modules:
            return None
        values[formulation.module_columns[index][cheapest]] = counts[cheapest]
    return values
