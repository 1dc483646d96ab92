"""What people and programs see: tables, fields, Markdown, JSON and notes.

Programs get plain text without colours or line breaks when stdout is no terminal, and with ``--json`` one document.
Notes and progress go to stderr, the latter only when that is a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oaasplatform.cli.errors import Failure

if TYPE_CHECKING:
    from rich.console import Console

STATUS_STYLES = {
    "ready": "green",
    "succeeded": "green",
    "ok": "green",
    "enforced": "green",
    "not enforced": "yellow",
    "running": "cyan",
    "failed": "red",
    "fail": "red",
    "timed_out": "red",
    "cancelled": "yellow",
    "warn": "yellow",
    "restarting": "yellow",
    "stopped": "dim",
}
_STATUS_COLUMNS = frozenset({"status", "state"})


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr that prints text as it is."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def show_json(document: object) -> None:
    """One JSON document; indented when people read it."""
    print(json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def write_document(path: Path, document: object) -> None:
    """Write a JSON file at once, so that nobody reads a half."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(document) + "\n", encoding="utf-8")
    draft.replace(path)


def show_table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """A table; ``empty`` is said on stderr instead of a table without rows."""
    rows = list(rows)
    if not rows:
        note(empty)
        return
    out = console()
    if not out.is_terminal:
        widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
        for row in ([header.upper() for header in headers], *rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold dim")
    for header in headers:
        table.add_column(header.upper(), overflow="fold")
    for row in rows:
        cells = (
            Text(cell, style=STATUS_STYLES.get(cell, "") if header in _STATUS_COLUMNS else "")
            for header, cell in zip(headers, row, strict=True)
        )
        table.add_row(*cells)
    out.print(table)


def show_fields(fields: Mapping[str, str]) -> None:
    """Names and values, one a line; empty values are left out."""
    given = {name: value for name, value in fields.items() if value}
    width = max(map(len, given), default=0) + 2
    out = console()
    for name, value in given.items():
        if not out.is_terminal:
            print(f"{name.ljust(width)}{value}")
            continue
        from rich.table import Table
        from rich.text import Text

        line = Table.grid()
        line.add_column(width=width)
        line.add_column(overflow="fold")
        style = STATUS_STYLES.get(value, "") if name in _STATUS_COLUMNS else ""
        line.add_row(Text(name, style="dim"), Text(value, style=style))
        out.print(line)


def show_markdown(text: str) -> None:
    """Rendered Markdown on a terminal, its source otherwise."""
    out = console()
    if not out.is_terminal:
        print(text)
        return
    from rich.markdown import Markdown

    out.print(Markdown(text))


def show_heading(text: str) -> None:
    """A heading between parts of what is shown."""
    out = console()
    out.print()
    out.print(text, style="bold")


def say(text: str) -> None:
    """A sentence for people on stdout."""
    console().print(text, soft_wrap=True)


def note(text: str, style: str = "dim") -> None:
    """A sentence for people on stderr."""
    console(stderr=True).print(text, style=style, soft_wrap=True)


def show_failure(failure: Failure) -> None:
    """What went wrong and what to do, on stderr."""
    from rich.text import Text

    err = console(stderr=True)
    err.print(Text.assemble(("Error: ", "bold red"), failure.message), soft_wrap=True)
    for line in failure.details:
        err.print(f"  {line}", soft_wrap=True)
    if failure.advice:
        err.print(failure.advice, style="dim", soft_wrap=True)


@contextmanager
def busy(text: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal while something goes on; call the result to change its text."""
    err = console(stderr=True)
    if quiet or not err.is_terminal:
        yield lambda _: None
        return
    from rich.text import Text

    with err.status(Text(text, no_wrap=True, overflow="ellipsis")) as status:
        yield lambda newest: status.update(Text(newest, no_wrap=True, overflow="ellipsis"))


@contextmanager
def counter(noun: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal that counts; call the result for each one."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    err = console(stderr=True)
    columns = (TextColumn(noun), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(noun, total=total)
        yield lambda: progress.advance(task)


def abridged(document: Any, *, items: int = 6) -> tuple[Any, bool]:
    """A JSON document with long lists shortened, and whether anything was left out."""
    if isinstance(document, dict):
        members = {name: abridged(value, items=items) for name, value in document.items()}
        return {name: value for name, (value, _) in members.items()}, any(cut for _, cut in members.values())
    if isinstance(document, list):
        entries = [abridged(value, items=items) for value in document[:items]]
        shown = [value for value, _ in entries]
        if len(document) > items:
            return [*shown, f"… {len(document) - items} more"], True
        return shown, any(cut for _, cut in entries)
    return document, False
