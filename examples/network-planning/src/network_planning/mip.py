"""A mixed-integer program and a solution of it, independent of the solver."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from network_planning.mip_types import Termination

Vector = NDArray[np.float64]

Terms = Iterable[tuple[int, float]]
"""Columns and their values: a sum of value * x[column]."""


@dataclass
class Mip:
    """``min cost x`` subject to rows ``lower <= a x <= upper`` and ``0 <= x <= upper_bound``; some x are integer.

    Columns and rows are numbered in the order in which they were added.
    """

    cost: list[float] = field(default_factory=list)
    upper_bound: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    first_solution: Vector | None = None
    """A solution to begin with, if one is known."""

    def add_column(self, cost: float, upper_bound: float = math.inf, *, integer: bool = False) -> int:
        """Add a variable and return its number."""
        self.cost.append(cost)
        self.upper_bound.append(upper_bound)
        self.integer.append(integer)
        return len(self.cost) - 1

    def add_row(self, lower: float, upper: float, terms: Terms) -> None:
        """Add the constraint ``lower <= sum of value * x[column] <= upper``."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        for column, value in terms:
            self.indices.append(column)
            self.values.append(value)
        self.starts.append(len(self.indices))


@dataclass(frozen=True)
class MipSolution:
    """The best solution found."""

    values: Vector
    objective: float
    bound: float
    """No solution has a lower objective."""
    termination: Termination


def relative_gap(objective: float, bound: float) -> float:
    """``|objective - bound| / |objective|``, 0 when both are 0."""
    return abs(objective - bound) / max(abs(objective), 1e-10)
