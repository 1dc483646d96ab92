"""Reads the lines of benchmarks from standard input and prints one table: goal, figure, met or not."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import msgspec
from report import Result
from rich.console import Console
from rich.table import Table


def show(results: Iterable[Result]) -> None:
    """Print the table."""
    table = Table("benchmark", "goal", "limit", "figure", "met")
    for result in results:
        for goal in result.goals:
            limit = f"{'≥' if goal.at_least else '≤'} {goal.limit:g} {goal.unit}".rstrip()
            verdict = "(smoke)" if result.smoke else "yes" if goal.met else "NO"
            table.add_row(result.benchmark, goal.what, limit, f"{goal.figure:g} {goal.unit}".rstrip(), verdict)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main() -> None:
    """Read and print."""
    show(msgspec.json.decode(line, type=Result) for line in sys.stdin if line.startswith("{"))


if __name__ == "__main__":
    main()
