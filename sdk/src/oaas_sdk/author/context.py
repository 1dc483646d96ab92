"""What an algorithm says and asks while it runs: :func:`progress`, :func:`incumbent`, :func:`should_stop`.

Outside of a run the three functions do nothing, so an algorithm is tested by calling it.
"""

from __future__ import annotations

import math
from typing import Protocol

from oaas_sdk.contract import Incumbent

MAX_MESSAGE_LENGTH = 1000
"""Characters of a progress message that are kept."""


class Run(Protocol):
    """The run that this process executes, as the functions below see it."""

    def report(self, *, fraction: float | None, message: str | None, incumbent: Incumbent | None) -> None:
        """Pass on what is not None. Never blocks and never raises."""
        ...

    @property
    def interrupted(self) -> bool:
        """Whether the best solution found so far was asked for."""
        ...


_run: Run | None = None


def enter(run: Run) -> None:
    """Make ``run`` the run of this process."""
    global _run
    _run = run


def leave() -> None:
    """From now on no run is executed in this process."""
    global _run
    _run = None


def progress(fraction: float | None = None, message: str | None = None) -> None:
    """Tell how far the run is.

    Cheap enough for inner loops: calls are merged, and only the newest state travels (a few times a second).

    Args:
        fraction: part of the work that is done, from 0 to 1 (other values are clamped); None keeps the last one.
        message: what is going on, in a few words (cut after 1000 characters); None keeps the last one.
    """
    run = _run
    if run is None:
        return
    if fraction is not None:
        fraction = None if math.isnan(fraction) else float(min(1.0, max(0.0, fraction)))
    if message is not None:
        message = str(message)[:MAX_MESSAGE_LENGTH]
    run.report(fraction=fraction, message=message, incumbent=None)


def incumbent(objective: float, bound: float | None = None) -> None:
    """Tell the best solution found so far. The relative gap is computed from both numbers.

    Args:
        objective: its objective value. Not finite means that there is no solution yet: the call is ignored.
        bound: the best proved bound; None or not finite when there is none.
    """
    run = _run
    if run is None or not math.isfinite(objective):
        return
    run.report(fraction=None, message=None, incumbent=make_incumbent(float(objective), bound))


def make_incumbent(objective: float, bound: float | None) -> Incumbent:
    """An incumbent with its gap; a bound that is not finite counts as none."""
    if bound is None or not math.isfinite(bound):
        return Incumbent(objective=objective)
    gap = abs(objective - bound) / max(abs(objective), 1e-10)
    return Incumbent(objective=objective, bound=float(bound), gap=gap if math.isfinite(gap) else None)


def should_stop() -> bool:
    """Whether the caller asked for the best solution found so far: return it soon. Costs next to nothing to call."""
    run = _run
    return run is not None and run.interrupted
