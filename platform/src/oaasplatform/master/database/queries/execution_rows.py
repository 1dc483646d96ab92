"""How executions are stored: rows to the domain's types, and the record of every change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from oaasplatform.database.notifications import CHANNEL
from oaasplatform.domain.executions import Event, ExecutionState
from oaasplatform.master.domain import wishes
from oaasplatform.master.domain.executions import FederatedExecution, Placed

TOUCH = "event_id = e.event_id + 1, modified_at = now()"
OPEN = "state IN ('queued', 'starting', 'running')"
"""Not over, and to be run."""
TERMINAL = "state IN ('succeeded', 'failed', 'cancelled', 'timed_out')"
WAITS = "state = 'queued' AND node_id IS NULL"
"""At the master."""

RECORD = f"""
    , recorded AS (
        INSERT INTO execution_events (execution_id, event_id, created_at, snapshot)
        SELECT id, event_id, modified_at, jsonb_strip_nulls(jsonb_build_object(
            'state', state, 'attempt', attempt, 'node_id', node_id, 'remote_id', remote_id,
            'node_unreachable', node_unreachable, 'sequence', sequence, 'report', report, 'error', error,
            'waiting_reason', waiting_reason, 'queued_at', queued_at, 'started_at', started_at,
            'finished_at', finished_at, 'output_bytes', output_bytes))
        FROM changed WHERE NOT {TERMINAL}
    ), told AS (
        SELECT pg_notify('{CHANNEL}', 'execution:' || string_agg(id::text, ',')) FROM changed HAVING count(*) > 0
    )
    SELECT changed.*, (SELECT count(*) FROM told) AS told FROM changed
"""  # noqa: S608 - constants only
"""Goes behind ``WITH changed AS (UPDATE executions AS e ... RETURNING e.*)``: appends the event, wakes the watchers.

A terminal state is always the last event, so it needs no record; nor does the first, the submission.
"""


WITH_INPUT = """
    changed.*, o.remote_algorithm_id, o.remote_repository_id, i.body, i.document_id
    FROM changed
    LEFT JOIN catalogue_offers o ON o.node_id = changed.node_id AND o.algorithm_id = changed.algorithm_id
    LEFT JOIN execution_inputs i ON i.execution_id = changed.id
"""
"""Columns of executions with all that their node needs; goes behind ``WITH changed AS (...) SELECT``."""


class _Snapshot(msgspec.Struct):
    """What an event keeps of the execution's row (see ``RECORD``)."""

    state: ExecutionState
    attempt: int
    node_unreachable: bool
    sequence: int
    report: dict[str, Any]
    node_id: int | None = None
    remote_id: int | None = None
    error: dict[str, Any] | None = None
    waiting_reason: str | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    output_bytes: int | None = None


def execution_of(row: asyncpg.Record) -> FederatedExecution:
    """An execution from its row."""
    return FederatedExecution(
        id=row["id"],
        algorithm_id=row["algorithm_id"],
        algorithm_name=row["algorithm_name"],
        algorithm_version=row["algorithm_version"],
        algorithm_repository_id=0,
        requested_instance_id=None,
        input_hash=row["input_hash"],
        priority=row["priority"],
        max_attempts=row["max_attempts"],
        max_running_time=row["max_running_time"],
        user_id=row["user_id"],
        wish=wishes.read(row["wish"]),
        batch_id=row["batch_id"],
        callback_url=row["callback_url"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        event_id=row["event_id"],
        state=ExecutionState(row["state"]),
        **_changing(row),
    )


def event_of(row: asyncpg.Record, execution: FederatedExecution) -> Event:
    """An event: the execution as it was when the event was recorded."""
    snapshot = msgspec.structs.asdict(msgspec.convert(row["snapshot"], _Snapshot))
    then = msgspec.structs.replace(
        execution,
        event_id=row["event_id"],
        modified_at=row["created_at"],
        state=snapshot["state"],
        **_changing(snapshot),
    )
    return Event(id=row["event_id"], execution=then)


def first_event(execution: FederatedExecution) -> Event:
    """The submission. It is not recorded: the execution tells it."""
    queued = execution.queued_at == execution.created_at
    snapshot = _Snapshot(
        state=ExecutionState.QUEUED if queued else ExecutionState.CREATED,
        attempt=0,
        node_unreachable=False,
        sequence=0,
        report={},
        queued_at=execution.created_at if queued else None,
    )
    values = msgspec.structs.asdict(snapshot)
    then = msgspec.structs.replace(
        execution, event_id=1, modified_at=execution.created_at, state=snapshot.state, **_changing(values)
    )
    return Event(id=1, execution=then)


def _changing(row: Mapping[str, Any]) -> dict[str, Any]:
    """What changes while an execution goes on, from a row or a snapshot; ``report`` has what the node has shown."""
    report = row["report"]
    return {
        "attempt": row["attempt"],
        "node_id": row["node_id"],
        "remote_id": row["remote_id"],
        "node_unreachable": row["node_unreachable"],
        "sequence": row["sequence"],
        "error": row["error"],
        "waiting_reason": row["waiting_reason"],
        "queued_at": row["queued_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "output_bytes": row["output_bytes"],
        "instance_id": report.get("algorithmRepositoryInstanceId"),
        "digest": report.get("imageDigest"),
        "quota": report.get("quotaInformation"),
        "progress_message": report.get("progressMessage"),
        "progress_fraction": report.get("progressFraction"),
        "incumbent": report.get("incumbent"),
        "cpu_time": report.get("cpuTimeInSeconds"),
    }


def placed_of(row: asyncpg.Record) -> Placed:
    """An execution and what its node needs, from a row with the columns of ``WITH_INPUT``."""
    return Placed(
        execution=execution_of(row),
        remote_algorithm_id=row["remote_algorithm_id"],
        remote_repository_id=row["remote_repository_id"],
        input=row["document_id"] if row["body"] is None else row["body"],
    )
