"""``noop``: as little work as possible, for measuring the platform itself."""

from __future__ import annotations

import math
import time
from typing import Annotated

from pydantic import Field

from network_planning.wire import Wire
from oaas_sdk import progress, should_stop

POLL_SECONDS = 0.05
"""Pause between two looks at whether a stop is asked for."""


Number = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False)]
"""A finite number. The limit keeps sums finite too."""


class NoopInput(Wire):
    """Numbers to add, and how long to take for it."""

    numbers: list[Number] = Field(max_length=10_000_000, examples=[[1, 2, 3.5]])
    """Numbers to add."""
    sleep_seconds: float = Field(default=0, ge=0, le=1e7, title="Sleep (s)", examples=[0], allow_inf_nan=False)
    """Sleep so many seconds first, with progress."""


class NoopOutput(Wire):
    """The result."""

    sum: float
    """Sum of the numbers."""


def add(input: NoopInput) -> NoopOutput:
    """Sleep, then add. An interrupt ends the sleep."""
    started = time.monotonic()
    while (slept := time.monotonic() - started) < input.sleep_seconds and not should_stop():
        progress(slept / input.sleep_seconds, f"slept {slept:.1f} of {input.sleep_seconds:g} s")
        time.sleep(min(POLL_SECONDS, input.sleep_seconds - slept))
    return NoopOutput(sum=math.fsum(input.numbers))
