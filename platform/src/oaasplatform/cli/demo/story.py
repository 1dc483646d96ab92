"""How the demo tells what it does: steps with a heading, a result and the time each took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from oaasplatform.cli import format, output


class Story:
    """Prints the steps on stdout; silent when only the result is wanted."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self._out = output.console()
        self._held: list[tuple[str, str]] | None = None
        """What is told during a step comes when its spinner is gone."""

    @contextmanager
    def step(self, heading: str) -> Iterator[Callable[[str], None]]:
        """One step; call the result with a sentence for the spinner."""
        started = monotonic()
        self.heading(heading)
        self._held = []
        try:
            with output.busy(heading, quiet=self.quiet) as tell:
                yield tell
        finally:
            held, self._held = self._held, None
            for text, style in held:
                self.tell(text, style)
        self.tell(f"took {format.duration(monotonic() - started)}", style="dim")

    def heading(self, text: str) -> None:
        """The heading of a step."""
        if not self.quiet:
            self._out.print()
            self._out.print(f"● {text}", style="bold", soft_wrap=True)

    def tell(self, text: str, style: str = "") -> None:
        """A line below the heading of the step."""
        if self._held is not None:
            self._held.append((text, style))
        elif not self.quiet:
            self._out.print(f"  {text}", style=style, soft_wrap=True)
