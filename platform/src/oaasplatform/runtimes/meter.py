"""From a growing CPU time to cores in use: what drivers need whose engine counts, but does not average."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

_SHORTEST = 0.2
"""Seconds; a shorter window says little, since CPU time grows in ticks."""


class CpuMeter:
    """Remembers the last sample of each unit, so that asking again and again costs no waiting."""

    def __init__(self) -> None:
        self._samples: dict[str, tuple[float, float]] = {}

    async def cores(self, unit_id: str, cpu_seconds: Callable[[], Awaitable[float]]) -> float:
        """Cores in use, averaged over the time since the unit was measured last.

        The first measurement takes two samples, so it lasts as long as the shortest window.
        """
        if unit_id not in self._samples:
            self._samples[unit_id] = time.monotonic(), await cpu_seconds()
        began, before = self._samples[unit_id]
        missing = began + _SHORTEST - time.monotonic()
        if missing > 0:
            await asyncio.sleep(missing)
        now, after = time.monotonic(), await cpu_seconds()
        self._samples[unit_id] = now, after
        # CPU time of processes that ended in between may be gone.
        return max(0.0, after - before) / (now - began)

    def forget(self, unit_id: str) -> None:
        """Drop what is known about a unit."""
        self._samples.pop(unit_id, None)
