"""Capacitated facility location as a mixed-integer program, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from network_planning.edge_placement.problem import Option, Problem
from network_planning.mip import Mip, Vector
from oaas_sdk import AlgorithmError

DUST = 1e-6
"""Fractions up to the solver's feasibility tolerance are rounding, not service."""


@dataclass(frozen=True)
class Formulation:
    """The program and where its variables are."""

    mip: Mip
    open_columns: list[int]
    serve_columns: list[list[int]]
    """As ``Problem.options``: for each customer, for each of its options."""


def formulate(problem: Problem) -> Formulation:
    """Build the program that the description of ``edge-placement`` states.

    Raises:
        AlgorithmError: ``infeasible`` for the two reasons that can be told without solving.
    """
    _refuse_hopeless(problem)
    mip = Mip()
    opened = [mip.add_column(cost, 1, integer=True) for cost in problem.opening_costs]
    serve = [[mip.add_column(option.cost, 1) for option in options] for options in problem.options]
    loads: list[list[tuple[int, float]]] = [[] for _ in opened]
    for options, columns, demand in zip(problem.options, serve, problem.demands, strict=True):
        mip.add_row(1, 1, [(column, 1.0) for column in columns])
        for option, column in zip(options, columns, strict=True):
            loads[option.site].append((column, demand))
            # Where the demand alone fills the site, the capacity row below implies this one.
            if demand == 0 or demand < problem.capacities[option.site]:
                mip.add_row(-1, 0, [(column, 1.0), (opened[option.site], -1.0)])
    for site, (load, capacity) in enumerate(zip(loads, problem.capacities, strict=True)):
        # In units of the capacity, which keeps the coefficients near 1.
        scale = capacity or 1.0
        terms = [(column, demand / scale) for column, demand in load if demand > 0]
        if capacity > 0:
            terms.append((opened[site], -1.0))
        mip.add_row(-math.inf, 0, terms)
    if problem.p is not None:
        mip.add_row(problem.p, problem.p, [(column, 1.0) for column in opened])
    return Formulation(mip, opened, serve)


def _refuse_hopeless(problem: Problem) -> None:
    alone = [
        identifier for identifier, options in zip(problem.customer_ids, problem.options, strict=True) if not options
    ]
    if alone:
        raise AlgorithmError(
            "infeasible",
            f"{len(alone)} customers have no site within reach, for example {alone[0]!r}",
            details={"customers": alone},
        )
    capacities = sorted(problem.capacities, reverse=True)[: problem.p]
    need, have = sum(problem.demands), sum(capacities)
    if need > have * (1 + 1e-9):
        which = "all sites" if problem.p is None else f"the {problem.p} largest sites"
        raise AlgorithmError(
            "infeasible",
            f"the demand of {need:g} exceeds the capacity of {which}, {have:g}",
            details={"demand": need, "capacity": have},
        )


@dataclass(frozen=True)
class Solution:
    """Sites to open, and for each customer its options with the fraction of its demand."""

    opened: list[int]
    served: list[list[tuple[Option, float]]]
    opening_cost: float
    assignment_cost: float


def read_solution(problem: Problem, formulation: Formulation, values: Vector) -> Solution:
    """The decisions behind the solver's numbers, free of rounding dust; costs are those of these decisions."""
    opened = [site for site, column in enumerate(formulation.open_columns) if values[column] > 0.5]
    is_open = set(opened)
    served = []
    for options, columns in zip(problem.options, formulation.serve_columns, strict=True):
        parts = [
            (option, float(values[column]))
            for option, column in zip(options, columns, strict=True)
            if option.site in is_open and values[column] > DUST
        ]
        total = sum(part for _, part in parts)
        served.append([(option, min(1.0, part / total)) for option, part in parts])
    return Solution(
        opened=opened,
        served=served,
        opening_cost=sum(problem.opening_costs[site] for site in opened),
        assignment_cost=sum(option.cost * part for parts in served for option, part in parts),
    )
