"""How executions are stored: rows to the domain's types, and the record of every change."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import asyncpg
import msgspec

from oaasplatform.database.notifications import CHANNEL
from oaasplatform.domain.executions import Assignment, Event, Execution, ExecutionState
from oaasplatform.domain.targets import Target

TOUCH = "event_id = event_id + 1, modified_at = now()"
ACTIVE = "state IN ('starting', 'running')"
HOLDS_SLOT = f"({ACTIVE} OR (release_pending AND state IN ('cancelled', 'timed_out')))"
"""A cancelled run occupies its slot until the instance has really stopped it."""

TARGET = "i.generation AS target_generation, i.base_url, i.protocol, i.digest, i.addresses, i.deployment, i.quota"
"""Columns of the instance that an assignment needs."""

RECORD = f"""
    , recorded AS (
        INSERT INTO execution_events (execution_id, event_id, created_at, snapshot)
        SELECT id, event_id, modified_at, jsonb_strip_nulls(jsonb_build_object(
            'state', state, 'attempt', attempt, 'instance_id', instance_id, 'waiting_reason', waiting_reason,
            'progress_message', progress_message, 'progress_fraction', progress_fraction, 'incumbent', incumbent,
            'error', error, 'cpu_time', cpu_time, 'started_at', started_at, 'finished_at', finished_at,
            'output_bytes', output_bytes))
        FROM changed
    )
    SELECT changed.*, pg_notify('{CHANNEL}', 'execution:' || id) FROM changed
"""  # noqa: S608 - constants only
"""Goes behind ``WITH changed AS (UPDATE executions ... RETURNING *)``: appends the event, wakes the watchers."""


def execution_of(row: asyncpg.Record) -> Execution:
    """An execution from a row of its table."""
    return Execution(
        id=row["id"],
        algorithm_id=row["algorithm_id"],
        algorithm_name=row["algorithm_name"],
        algorithm_repository_id=row["repository_id"],
        requested_instance_id=row["requested_instance_id"],
        instance_id=row["instance_id"],
        state=ExecutionState(row["state"]),
        priority=row["priority"],
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        max_running_time=row["max_running_time"],
        user_id=row["user_id"],
        progress_message=row["progress_message"],
        progress_fraction=row["progress_fraction"],
        incumbent=row["incumbent"],
        error=row["error"],
        cpu_time=row["cpu_time"],
        waiting_reason=row["waiting_reason"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        queued_at=row["queued_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        output_bytes=row["output_bytes"],
        event_id=row["event_id"],
    )


def assignment_of(row: asyncpg.Record) -> Assignment:
    """An execution and its instance from a joined row."""
    return Assignment(
        execution=execution_of(row),
        secret=row["secret"],
        handle=row["handle"],
        protocol=row["protocol"],
        target=Target(
            instance_id=row["instance_id"],
            generation=row["target_generation"],
            base_url=row["base_url"],
            addresses=row["addresses"],
            digest=row["digest"],
            quota_document=row["quota"],
            deployment_document=row["deployment"],
        ),
    )


class _Snapshot(msgspec.Struct):
    """What an event keeps of the execution's row (see ``RECORD``)."""

    state: ExecutionState
    attempt: int
    instance_id: int | None = None
    waiting_reason: str | None = None
    progress_message: str | None = None
    progress_fraction: float | None = None
    incumbent: dict[str, object] | None = None
    error: dict[str, object] | None = None
    cpu_time: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    output_bytes: int | None = None


def event_of(row: asyncpg.Record, execution: Execution) -> Event:
    """An event: the execution as it was when the event was recorded."""
    snapshot = msgspec.convert(row["snapshot"], _Snapshot)
    then = dataclasses.replace(
        execution, event_id=row["event_id"], modified_at=row["created_at"], **msgspec.structs.asdict(snapshot)
    )
    return Event(id=row["event_id"], execution=then)
