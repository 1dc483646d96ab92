"""Exponential back-off with jitter."""

from __future__ import annotations

import random


def delay(failures: int, *, first: float = 0.2, most: float = 5.0) -> float:
    """Seconds to rest after the ``failures``-th failure in a row (from 1), jittered by 20 % either way."""
    base = min(most, first * 2.0 ** min(failures - 1, 30))
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret
