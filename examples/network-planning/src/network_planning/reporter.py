"""What a search tells the caller while it goes on."""

from __future__ import annotations

import math
import time

from network_planning.mip import relative_gap
from network_planning.mip_types import MipLimits, Termination
from oaas_sdk import incumbent, progress

REPORT_SECONDS = 0.25
"""Pause between two reports without a better solution; a better solution is reported at once."""


class Reporter:
    """Turns objectives and bounds into incumbents and progress."""

    def __init__(self, limits: MipLimits) -> None:
        self._target_gap = max(limits.mip_gap, 1e-6)
        self._time_limit = limits.time_limit_seconds
        self._started = time.monotonic()
        self._next_report = 0.0
        self._objective = math.inf
        self._first_gap: float | None = None

    def report(self, objective: float, bound: float, nodes: int) -> None:
        """Report a state of the search; an objective that is not finite means that there is no solution yet."""
        now = time.monotonic()
        if objective == self._objective and now < self._next_report:
            return
        self._next_report = now + REPORT_SECONDS
        self._objective = objective
        incumbent(objective=objective, bound=bound)
        parts = [f"objective {objective:.6g}"] if math.isfinite(objective) else ["no solution yet"]
        fraction = 0.0
        if math.isfinite(objective) and math.isfinite(bound):
            gap = relative_gap(objective, bound)
            fraction = self._done(gap)
            parts.append(f"gap {gap:.2%}")
        elif math.isfinite(bound):
            parts.append(f"bound {bound:.6g}")
        seconds = now - self._started
        if self._time_limit is not None:
            fraction = max(fraction, min(1.0, seconds / self._time_limit))
        progress(fraction, ", ".join([*parts, f"{nodes} nodes", f"{seconds:.0f} s"]))

    def finish(self, objective: float, bound: float, termination: Termination) -> None:
        """Report the result."""
        incumbent(objective=objective, bound=bound)
        progress(1.0, f"{termination.value}: objective {objective:.6g}, gap {relative_gap(objective, bound):.2%}")

    def _done(self, gap: float) -> float:
        """How much of the way from the first gap to the target gap is done, in orders of magnitude.

        Every halving of the gap counts the same: the last percent takes longer than the first ten. It says nothing
        about time, but it never goes back.
        """
        gap = max(gap, self._target_gap)
        if self._first_gap is None:
            self._first_gap = gap
        if self._first_gap <= self._target_gap:
            return 1.0
        return max(0.0, 1 - math.log(gap / self._target_gap) / math.log(self._first_gap / self._target_gap))
