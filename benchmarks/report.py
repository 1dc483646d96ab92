"""What a benchmark says: one JSON line of figures and of goals."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec


class Goal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A promise, and what came of it."""

    what: str
    figure: float
    limit: float
    at_least: bool = False
    """Whether ``limit`` is a floor; otherwise it is a ceiling."""
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps the promise."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit


class Result(msgspec.Struct, frozen=True):
    """One line."""

    benchmark: str
    smoke: bool
    figures: dict[str, object]
    goals: list[Goal]


def at_most(what: str, figure: float, limit: float, unit: str = "") -> Goal:
    """A goal with a ceiling."""
    return Goal(what=what, figure=round(figure, 3), limit=limit, unit=unit)


def at_least(what: str, figure: float, limit: float, unit: str = "") -> Goal:
    """A goal with a floor."""
    return Goal(what=what, figure=round(figure, 3), limit=limit, at_least=True, unit=unit)


def publish(benchmark: str, *goals: Goal, smoke: bool, **figures: object) -> None:
    """Print the line."""
    print(msgspec.json.encode(Result(benchmark, smoke, figures, list(goals))).decode(), flush=True)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 90th and 99th percentile."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {name: round(cuts[at - 1], 3) for name, at in (("p50", 50), ("p90", 90), ("p99", 99))}


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles of durations, in milliseconds."""
    return percentiles([each * 1000 for each in seconds])
