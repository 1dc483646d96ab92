"""Batches: executions that were submitted in one request, as one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oaasplatform.domain.executions import Execution, ExecutionState


@dataclass(frozen=True, kw_only=True)
class BatchFilter:
    """Which batches are wanted; None is no condition."""

    user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch at one moment."""

    id: int
    user_id: str | None
    created_at: datetime
    complete: bool
    """Whether all of its executions have been submitted."""
    stopped: dict[str, Any] | None
    """The error of its executions, if it was stopped as a whole."""
    counts: Mapping[ExecutionState, int]
    """Its executions by state."""
    done: float
    """How many have ended, and what those that run say they have done: half a run is 0.5."""

    @property
    def size(self) -> int:
        """Executions in it, so far."""
        return sum(self.counts.values())

    @property
    def progress(self) -> float:
        """0..1"""
        return min(self.done / self.size, 1.0) if self.size else float(self.complete)

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.complete and all(state.terminal for state in self.counts)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a reader of results is: behind this execution, in the order of the ends."""

    finished_at: datetime
    execution_id: int

    @classmethod
    def behind(cls, execution: Execution) -> Place:
        """The place of who has read the result of an execution that has ended."""
        assert execution.finished_at is not None
        return cls(finished_at=execution.finished_at, execution_id=execution.id)
