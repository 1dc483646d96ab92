"""Shapes of ``/algorithmExecutions/batch`` and ``/algorithmExecutions/batches``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from oaasplatform.domain.batches import Batch, Place
from oaasplatform.domain.executions import ExecutionState
from oaasplatform.schemas.executions import ExecutionView


class BatchLine(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """What became of a line of a batch: an execution, or a problem (RFC 9457)."""

    line: Annotated[int, Meta(description="Number of the line in the request, from 0; empty lines don't count.")]
    execution: ExecutionView | None = None
    problem: dict[str, Any] | None = None


class BatchView(msgspec.Struct, rename="camel", kw_only=True):
    """A batch."""

    id: int
    user_id: Annotated[str | None, Meta(description="Of the request, or else of the first execution.")]
    created_at: datetime
    complete: Annotated[bool, Meta(description="Whether all of its executions have been submitted.")]
    stopped: Annotated[bool, Meta(description="Whether it was stopped as a whole.")]
    ended: Annotated[bool, Meta(description="Whether it is complete, and all of its executions have ended.")]
    size: Annotated[int, Meta(description="Executions in it, so far.")]
    counts: Annotated[dict[str, int], Meta(description="Executions by state.")]
    progress: Annotated[float, Meta(description="0..1; an execution that runs counts as far as it says it is.")]


class BatchPage(msgspec.Struct):
    """One page of batches, newest first."""

    items: list[BatchView]
    next: str | None


class BatchResult(msgspec.Struct, rename="camel", kw_only=True):
    """An execution of a batch that has ended."""

    cursor: Annotated[str, Meta(description="To go on behind this one.")]
    execution: ExecutionView


def batch_view(batch: Batch) -> BatchView:
    """The shape of a batch."""
    return BatchView(
        id=batch.id,
        user_id=batch.user_id,
        created_at=batch.created_at,
        complete=batch.complete,
        stopped=batch.stopped is not None,
        ended=batch.ended,
        size=batch.size,
        counts={state.value: batch.counts.get(state, 0) for state in ExecutionState},
        progress=batch.progress,
    )


def cursor_of(place: Place) -> str:
    """A place as callers know it."""
    return f"{place.finished_at.isoformat()}~{place.execution_id}"


def place_of(cursor: str) -> Place:
    """The place that a cursor means. Raises ``ValueError``."""
    at, _, id_ = cursor.partition("~")
    place = Place(finished_at=datetime.fromisoformat(at), execution_id=int(id_))
    if place.finished_at.tzinfo is None or not 0 < place.execution_id < 2**63:
        raise ValueError("no cursor of ours")
    return place
