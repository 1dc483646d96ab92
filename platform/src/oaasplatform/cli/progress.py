"""The line that shows how far an execution is."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from oaasplatform.cli import format, output
from oaasplatform.cli.client import Document

_WAITING = {
    "created": "created, not launched yet",
    "queued": "waiting for a free instance",
    "starting": "starting",
}


class ProgressView:
    """Shows an execution on stderr while it runs, and takes the line away at the end; silent without a terminal."""

    def __init__(self, title: str) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._console = output.console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[fraction]:>6}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[incumbent]}", markup=False, style="green"),
            TextColumn("{task.fields[message]}", markup=False, style="dim"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task(title, total=None, fraction="", incumbent="", message="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, execution: Document) -> None:
        """Show the newest state of the execution."""
        fraction = execution["progressFraction"]
        self._progress.update(
            self._task,
            total=None if fraction is None else 1.0,
            completed=fraction or 0.0,
            fraction="" if fraction is None else format.percent(fraction),
            incumbent=incumbent_text(execution["incumbent"]),
            message=progress_text(execution),
        )

    def tell(self, text: str) -> None:
        """A sentence above the line, also without a terminal."""
        self._console.print(text, style="yellow", soft_wrap=True)


def incumbent_text(incumbent: Document | None) -> str:
    """The best solution so far: ``objective 1,234.5 (gap 0.3 %)``."""
    if incumbent is None:
        return ""
    text = f"objective {format.number(incumbent['objective'])}"
    gap = incumbent.get("gap")
    return text if gap is None else f"{text} (gap {format.percent(gap)})"


def progress_text(execution: Document) -> str:
    """What the execution does or waits for."""
    if execution["state"] == "running":
        return str(execution["progressMessage"] or "running")
    return str(execution["reason"] or _WAITING.get(execution["state"], ""))
