"""How executions are stored: rows to the domain's types, and the record of every change."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from oaasplatform.database.notifications import CHANNEL, EXECUTION
from oaasplatform.domain.executions import Assignment, Attempt, Event, Execution, ExecutionState
from oaasplatform.domain.targets import Target

TOUCH = "event_id = event_id + 1, modified_at = now()"
ACTIVE = "state IN ('starting', 'running')"
USER = "COALESCE(user_id, '')"
"""As the queue is indexed by it; the empty name is nobody in particular."""
TERMINAL = "state IN ('succeeded', 'failed', 'cancelled', 'timed_out')"


def taken(which: str) -> str:
    """How many slots the executions ``e`` hold that fulfil a condition: counted in two steps, each by an index.

    A cancelled run occupies its slot until the instance has really stopped it.
    """
    return f"""(
        (SELECT count(*) FROM executions e WHERE {which} AND e.{ACTIVE})
        + (SELECT count(*) FROM executions e
           WHERE {which} AND e.release_pending AND e.state IN ('cancelled', 'timed_out')))
    """  # noqa: S608 - constants only


TAKEN = taken("e.instance_id = i.id")
"""How many slots of instance ``i`` are held."""

TAKES = "i.status = 'ready' AND i.desired = 'running' AND i.unit_revision = i.revision"
"""Whether instance ``i`` may be given executions."""

TARGET = (
    "i.generation AS target_generation, i.base_url, i.protocol, i.digest AS target_digest, i.addresses, i.deployment,"
    " i.quota AS target_quota"
)
"""Columns of the instance that an assignment needs."""

SHARED = [
    "id",
    "created_at",
    "modified_at",
    "algorithm_id",
    "algorithm_name",
    "algorithm_version",
    "repository_id",
    "requested_instance_id",
    "user_id",
    "priority",
    "max_running_time",
    "max_attempts",
    "callback_url",
    "input_hash",
    "batch_id",
    "state",
    "attempt",
    "losses",
    "instance_id",
    "instance_generation",
    "digest",
    "quota",
    "secret",
    "progress_message",
    "progress_fraction",
    "incumbent",
    "error",
    "cpu_time",
    "output_bytes",
    "event_id",
    "queued_at",
    "started_at",
    "finished_at",
]
"""Columns that executions have whether they are over or not."""

EVERYWHERE = f"""
    SELECT {", ".join(SHARED)}, waiting_reason FROM executions {{where}}
    UNION ALL
    SELECT {", ".join(SHARED)}, NULL::text FROM execution_history {{where}}
"""  # noqa: S608 - constants only
"""Executions that go on and those that are over; what ``where`` becomes stands behind both tables."""

SETTLE = f"""
    WITH gone AS (
        DELETE FROM executions WHERE id = ANY($1) AND {TERMINAL} AND NOT release_pending RETURNING *
    )
    INSERT INTO execution_history ({", ".join(SHARED)}) SELECT {", ".join(SHARED)} FROM gone
"""  # noqa: S608 - constants only
"""Moves executions that are over, and have nothing left on an instance, to where nothing changes any more."""

TELL = f"""
    SELECT pg_notify('{CHANNEL}', '{EXECUTION}:' || string_agg(id::text, ','))
    FROM (SELECT id, row_number() OVER () / 256 AS part FROM {{changed}}) AS numbered GROUP BY part
"""  # noqa: S608 - constants only
"""Wakes the watchers of executions; ``changed`` is what has their ids. A notification has less than 8000 bytes."""

RECORD = f"""
    , recorded AS (
        INSERT INTO execution_events (execution_id, event_id, created_at, snapshot)
        SELECT id, event_id, modified_at, jsonb_strip_nulls(jsonb_build_object(
            'state', state, 'attempt', attempt, 'instance_id', instance_id, 'waiting_reason', waiting_reason,
            'progress_message', progress_message, 'progress_fraction', progress_fraction, 'incumbent', incumbent,
            'error', error, 'cpu_time', cpu_time, 'started_at', started_at, 'finished_at', finished_at,
            'output_bytes', output_bytes))
        FROM changed WHERE NOT {TERMINAL}
    ), told AS (
        {TELL.format(changed="changed")}
    )
    SELECT changed.*, (SELECT count(*) FROM told) AS told FROM changed
"""  # noqa: S608 - constants only
"""Goes behind ``WITH changed AS (UPDATE executions ... RETURNING *)``: appends the event, wakes the watchers.

A terminal state is always the last event, so it needs no record.
"""


def execution_of(row: asyncpg.Record) -> Execution:
    """An execution from a row of one of its tables."""
    return Execution(
        id=row["id"],
        algorithm_id=row["algorithm_id"],
        algorithm_name=row["algorithm_name"],
        algorithm_version=row["algorithm_version"],
        algorithm_repository_id=row["repository_id"],
        requested_instance_id=row["requested_instance_id"],
        instance_id=row["instance_id"],
        digest=row["digest"],
        quota=row["quota"],
        input_hash=row["input_hash"],
        batch_id=row["batch_id"],
        state=ExecutionState(row["state"]),
        priority=row["priority"],
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        max_running_time=row["max_running_time"],
        user_id=row["user_id"],
        callback_url=row["callback_url"],
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
        target=target_of(row, row["instance_id"]),
    )


def target_of(row: asyncpg.Record, instance_id: int) -> Target:
    """An instance from the columns of ``TARGET``."""
    return Target(
        instance_id=instance_id,
        generation=row["target_generation"],
        base_url=row["base_url"],
        addresses=row["addresses"],
        digest=row["target_digest"],
        quota_document=row["target_quota"],
        deployment_document=row["deployment"],
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
    return _event(execution, row["event_id"], row["created_at"], msgspec.convert(row["snapshot"], _Snapshot))


def first_event(execution: Execution, second: Execution) -> Event:
    """The submission. It is not recorded: the execution tells it, together with what came next."""
    created = second.queued_at is None or (second.state is ExecutionState.QUEUED and second.attempt == 0)
    if second.event_id == 1:
        created = second.state is ExecutionState.CREATED
    state = ExecutionState.CREATED if created else ExecutionState.QUEUED
    return _event(execution, 1, execution.created_at, _Snapshot(state, attempt=0))


def _event(execution: Execution, number: int, at: datetime, snapshot: _Snapshot) -> Event:
    then = msgspec.structs.replace(execution, event_id=number, modified_at=at, **msgspec.structs.asdict(snapshot))
    return Event(id=number, execution=then)


def attempts_of(execution: Execution, changes: Sequence[Event]) -> list[Attempt]:
    """Attempts from the events of starts and of returns to the queue, in their order."""
    attempts: dict[int, Attempt] = {}
    for change in changes:
        then = change.execution
        begun = attempts.get(then.attempt)
        if then.state is ExecutionState.STARTING:
            attempts[then.attempt] = Attempt(
                number=then.attempt,
                instance_id=then.instance_id,
                started_at=then.started_at or then.modified_at,
                ended_at=None,
                state=then.state,
                reason=None,
            )
        elif begun is not None:
            attempts[then.attempt] = dataclasses.replace(
                begun, ended_at=then.modified_at, state=then.state, reason=then.waiting_reason
            )
    newest = attempts.get(execution.attempt)
    if newest is not None and newest.ended_at is None:
        reason = None if execution.error is None else str(execution.error["message"])
        attempts[newest.number] = dataclasses.replace(
            newest, ended_at=execution.finished_at, state=execution.state, reason=reason
        )
    return list(attempts.values())
