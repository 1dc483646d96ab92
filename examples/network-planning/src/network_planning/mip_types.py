"""What an algorithm on a MIP solver takes and returns besides its own data."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from network_planning.wire import Wire


class Termination(StrEnum):
    """Why the search ended."""

    OPTIMAL = "optimal"
    """The objective is proved to be within the asked gap of the optimum."""
    TIME_LIMIT = "timeLimit"
    """The time limit of the input was reached."""
    INTERRUPTED = "interrupted"
    """Somebody asked for the best solution found so far."""


class MipLimits(Wire):
    """When a solver may stop."""

    mip_gap: float = Field(
        default=1e-6, ge=0, le=1, title="Relative optimality gap", examples=[0.01], allow_inf_nan=False
    )
    """Stop as soon as the objective is proved to be within this fraction of the optimum (0.01 = 1 %)."""
    time_limit_seconds: float | None = Field(
        default=None, gt=0, le=1e7, title="Time limit (s)", examples=[60], allow_inf_nan=False
    )
    """Stop after so many seconds of solving and return the best solution found so far; no limit by default."""
    threads: int = Field(default=1, ge=1, le=64, title="Solver threads", examples=[1])
    """Threads that the solver may use; more than the cores of the instance do not help."""
