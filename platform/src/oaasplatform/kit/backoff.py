"""Exponential back-off with jitter."""

from __future__ import annotations

import random
from collections.abc import Iterator


def delay(failures: int, *, first: float, most: float) -> float:
    """Seconds to rest after the ``failures``-th failure in a row (from 1), jittered by ±20 %."""
    base = min(most, first * 2.0 ** min(failures - 1, 30))
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret


def delays(*, first: float, most: float) -> Iterator[float]:
    """Rests for one failure after the other, without end."""
    failures = 0
    while True:
        failures += 1
        yield delay(failures, first=first, most=most)
