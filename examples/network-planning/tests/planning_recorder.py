"""Watching an algorithm the way an instance does."""

from __future__ import annotations

import time
from collections.abc import Callable

from oaas_sdk.contract import Incumbent


class Recorder:
    """A run that keeps what is reported, and asks for a stop when it is told to."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.messages: list[str] = []
        self.incumbents: list[Incumbent] = []
        self.stop_when: Callable[[Recorder], bool] = lambda _: False
        self.stopped_at: float | None = None
        """When the stop was asked for first (monotonic clock)."""

    def report(self, *, fraction: float | None, message: str | None, incumbent: Incumbent | None) -> None:
        if fraction is not None:
            self.fractions.append(fraction)
        if message is not None:
            self.messages.append(message)
        if incumbent is not None:
            self.incumbents.append(incumbent)

    @property
    def interrupted(self) -> bool:
        if self.stopped_at is None and self.stop_when(self):
            self.stopped_at = time.monotonic()
        return self.stopped_at is not None
