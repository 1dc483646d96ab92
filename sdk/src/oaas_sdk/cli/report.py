"""``oaas-sdk test``: the table of what became of the examples."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from oaas_sdk.cli.examples import Result, run_examples


def show_examples(target: str, *, only: str | None, time_limit: float) -> bool:
    """Run examples, show what became of them, and say whether all is well.

    Raises:
        RepositoryError: the module cannot be served, or it has no algorithm called ``only``.
    """
    results = asyncio.run(_collect(target, only, time_limit))
    console = Console()
    console.print(_table(results))
    failed = [result for result in results if not result.passed]
    for result in failed:
        if result.log:
            console.print(f"[bold]log of {escape(result.algorithm)}, example {result.example}[/bold]")
            console.print(result.log.rstrip(), markup=False, highlight=False)
    count = sum(result.example is not None for result in results)
    examples = f"{count} example{'' if count == 1 else 's'}"
    console.print(f"{examples}, {len(failed)} failed" if failed else f"{examples}, all passed")
    return not failed


async def _collect(target: str, only: str | None, time_limit: float) -> list[Result]:
    found = []
    async with aclosing(
        run_examples(target, only=only, time_limit=time_limit, stray=sys.stderr.buffer.write)
    ) as results:
        async for result in results:
            found.append(result)  # noqa: PERF401 - a comprehension hides that each takes its time
    return found


def _table(results: list[Result]) -> Table:
    table = Table("algorithm", "example", "result", "seconds", "what is wrong")
    table.columns[3].justify = "right"
    for result in results:
        if result.example is None and result.passed:
            verdict = "[yellow]no example[/yellow]"
        else:
            verdict = "[green]ok[/green]" if result.passed else "[red]failed[/red]"
        example = "" if result.example is None else str(result.example)
        seconds = "" if result.example is None else f"{result.seconds:.2f}"
        table.add_row(escape(result.algorithm), example, verdict, seconds, escape("\n".join(result.problems)))
    return table
