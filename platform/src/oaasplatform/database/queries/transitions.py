"""What happens to executions between submission and end.

Each transition is one statement: it changes the row (guarded by the states the transition may come from), appends
the event that watchers see, and notifies them with the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, QUEUE, RELEASE
from oaasplatform.database.queries.execution_rows import (
    ACTIVE,
    HOLDS_SLOT,
    RECORD,
    TARGET,
    TOUCH,
    assignment_of,
    execution_of,
)
from oaasplatform.domain.executions import Assignment, Claim, Execution, ExecutionState, Outcome, sources

_CANDIDATES = f"""
    SELECT i.id FROM instances i
    WHERE i.status = 'ready' AND i.desired = 'running' AND i.unit_revision = i.revision
      AND EXISTS (
        SELECT FROM executions e
        WHERE e.state = 'queued' AND e.repository_id = i.repository_id
          AND (e.requested_instance_id IS NULL OR e.requested_instance_id = i.id)
          AND (e.not_before IS NULL OR e.not_before <= now()))
    ORDER BY i.concurrency - (SELECT count(*) FROM executions e WHERE e.instance_id = i.id AND {HOLDS_SLOT}) DESC, i.id
"""  # noqa: S608 - constants only

# The row lock on the instance keeps two dispatchers from filling the same slots, and holds off its loss meanwhile.
_CLAIM = f"""
    WITH slot AS MATERIALIZED (
        SELECT i.id, i.repository_id, {TARGET}, i.concurrency
            - (SELECT count(*) FROM executions e WHERE e.instance_id = i.id AND {HOLDS_SLOT}) AS free
        FROM instances i
        WHERE i.id = $1 AND i.status = 'ready' AND i.desired = 'running' AND i.unit_revision = i.revision
        FOR NO KEY UPDATE
    ), picked AS MATERIALIZED (
        SELECT e.id FROM executions e, slot
        WHERE e.state = 'queued' AND e.repository_id = slot.repository_id
          AND (e.requested_instance_id IS NULL OR e.requested_instance_id = slot.id)
          AND (e.not_before IS NULL OR e.not_before <= now())
        ORDER BY e.priority DESC, e.id
        LIMIT GREATEST((SELECT free FROM slot), 0)
        FOR UPDATE OF e SKIP LOCKED
    ), changed AS (
        UPDATE executions e SET state = 'starting', attempt = attempt + 1, instance_id = slot.id,
            instance_generation = slot.target_generation, handle = NULL,
            secret = replace(gen_random_uuid()::text, '-', ''), sequence = -2,
            waiting_reason = NULL, progress_message = NULL, progress_fraction = NULL, incumbent = NULL,
            started_at = now(),
            poll_at = now() + make_interval(secs => $2),
            deadline_at = now() + make_interval(
                secs => max_running_time + CASE WHEN slot.protocol = ANY($4) THEN $3 ELSE 0 END), {TOUCH}
        FROM picked, slot WHERE e.id = picked.id
        RETURNING e.*
    ), described AS (
        SELECT changed.id AS execution_id, a.reference, i.body, slot.target_generation, slot.base_url, slot.protocol,
            slot.digest, slot.addresses, slot.deployment, slot.quota
        FROM changed, slot, algorithms a, execution_inputs i
        WHERE a.id = changed.algorithm_id AND i.execution_id = changed.id
    )
    {RECORD} JOIN described ON described.execution_id = changed.id
"""  # noqa: S608 - constants only
_CLAIM = _CLAIM.replace("SELECT changed.*, pg_notify", "SELECT described.*, changed.*, pg_notify")

_ASSIGNMENT = f"""
    SELECT e.*, {TARGET} FROM executions e JOIN instances i
      ON i.id = e.instance_id AND i.generation = e.instance_generation AND i.base_url IS NOT NULL
    WHERE e.id = $1 AND (e.{ACTIVE} OR ($2 AND e.release_pending))
"""  # noqa: S608 - constants only

_SECRET_OF = "SELECT secret FROM executions WHERE id = $1"  # noqa: S105 - no password

_OF_SECRET = f"SELECT id FROM executions WHERE secret = $1 AND {ACTIVE}"  # noqa: S608 - constants only

_NEXT_RESTED = """
    SELECT extract(epoch FROM min(not_before) - now())::float8 FROM executions
    WHERE state = 'queued' AND not_before > now()
"""

# A message of the run may overtake the answer to its launch, which alone has the handle (and no progress).
_PROGRESS = f"""
    WITH changed AS (
        UPDATE executions SET state = 'running', sequence = GREATEST(sequence, $3),
            progress_message = COALESCE($4, progress_message), progress_fraction = COALESCE($5, progress_fraction),
            incumbent = COALESCE($6::jsonb, incumbent), cpu_time = COALESCE($7, cpu_time),
            handle = COALESCE($9, handle), poll_at = now() + make_interval(secs => $8), {TOUCH}
        WHERE id = $1 AND attempt = $2 AND {ACTIVE}
          AND (sequence < $3 OR (handle IS NULL AND $9::text IS NOT NULL))
        RETURNING *
    )
    {RECORD}
"""  # noqa: S608 - constants only

_FINISH = f"""
    WITH changed AS (
        UPDATE executions SET state = $3::text, error = $4::jsonb, output_bytes = octet_length($5::bytea),
            release_pending = $6::bytea IS NULL, waiting_reason = NULL,
            finished_at = now(),
            sequence = COALESCE($7, sequence), progress_message = COALESCE($8, progress_message),
            progress_fraction = COALESCE($9, progress_fraction), incumbent = COALESCE($10::jsonb, incumbent),
            cpu_time = COALESCE($11, cpu_time), handle = COALESCE($12, handle), {TOUCH}
        WHERE id = $1 AND attempt = $2 AND {ACTIVE}
        RETURNING *
    ), output AS (
        INSERT INTO execution_outputs (execution_id, body) SELECT id, $5::bytea FROM changed WHERE $5::bytea IS NOT NULL
    ), log AS (
        INSERT INTO execution_logs (execution_id, body)
        SELECT id, $6::bytea FROM changed WHERE octet_length($6::bytea) > 0
    ), free AS (
        SELECT pg_notify('{CHANNEL}', CASE WHEN release_pending THEN '{RELEASE}' ELSE '{QUEUE}' END) FROM changed
    )
    {RECORD}, (SELECT count(*) FROM free) AS freed
"""  # noqa: S608 - constants only

_CANCEL = f"""
    WITH changed AS (
        UPDATE executions SET state = 'cancelled', error = $2, finished_at = now(), waiting_reason = NULL,
            release_pending = {ACTIVE}, {TOUCH}
        WHERE id = $1 AND state = ANY($3)
        RETURNING *
    ), free AS (
        SELECT pg_notify('{CHANNEL}', '{RELEASE}') FROM changed WHERE release_pending
    )
    {RECORD}, (SELECT count(*) FROM free) AS freed
"""  # noqa: S608 - constants only

_EXPIRE = f"""
    WITH changed AS (
        UPDATE executions SET state = 'timed_out', error = $1, finished_at = now(), release_pending = true, {TOUCH}
        WHERE {ACTIVE} AND deadline_at < now()
        RETURNING *
    ), free AS (
        SELECT pg_notify('{CHANNEL}', '{RELEASE}') FROM changed LIMIT 1
    )
    {RECORD}, (SELECT count(*) FROM free) AS freed
"""  # noqa: S608 - constants only

_REQUEUE = f"""
    WITH changed AS (
        UPDATE executions SET state = 'queued', waiting_reason = $3, queued_at = now(),
            not_before = now() + make_interval(secs => $4), started_at = NULL,
            instance_id = NULL, instance_generation = NULL, {TOUCH}
        WHERE id = $1 AND attempt = $2 AND {ACTIVE}
        RETURNING *
    )
    {RECORD}
"""  # noqa: S608 - constants only

# An active execution belongs to a ready instance in the same generation. Whatever else is found was lost.
_RECOVER = f"""
    WITH orphan AS (
        SELECT e.id, i.desired = 'running' IS TRUE AS failure,
            COALESCE(i.out_of_memory AND i.generation = e.instance_generation, false) AS out_of_memory
        FROM executions e LEFT JOIN instances i ON i.id = e.instance_id
        WHERE e.{ACTIVE} AND NOT COALESCE(i.status = 'ready' AND i.generation = e.instance_generation, false)
        FOR UPDATE OF e
    ), verdict AS (
        SELECT o.*, o.out_of_memory OR (o.failure AND e.losses + 1 >= e.max_attempts) AS final
        FROM orphan o JOIN executions e ON e.id = o.id
    ), changed AS (
        UPDATE executions e SET
            state = CASE WHEN v.final THEN 'failed' ELSE 'queued' END,
            losses = e.losses + v.failure::int,
            error = CASE WHEN v.out_of_memory THEN $1::jsonb WHEN v.final THEN $2::jsonb END,
            waiting_reason = CASE WHEN NOT v.final THEN 'Its instance was lost; it starts again.' END,
            finished_at = CASE WHEN v.final THEN now() END,
            queued_at = CASE WHEN v.final THEN e.queued_at ELSE now() END,
            started_at = CASE WHEN v.final THEN e.started_at END,
            instance_id = CASE WHEN v.final THEN e.instance_id END,
            instance_generation = CASE WHEN v.final THEN e.instance_generation END,
            not_before = NULL, {TOUCH.replace("= event_id", "= e.event_id")}
        FROM verdict v WHERE e.id = v.id
        RETURNING e.*
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM changed LIMIT 1
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only

# Queued executions that nothing can ever run.
_ABANDON = f"""
    WITH changed AS (
        UPDATE executions e SET state = 'failed', error = $1, finished_at = now(), waiting_reason = NULL,
            {TOUCH.replace("= event_id", "= e.event_id")}
        WHERE e.state = 'queued' AND (
            NOT EXISTS (SELECT FROM algorithms a WHERE a.id = e.algorithm_id)
            OR (e.requested_instance_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM instances i WHERE i.id = e.requested_instance_id)))
        RETURNING e.*
    )
    {RECORD}
"""  # noqa: S608 - constants only

_POLL = f"""
    WITH due AS (
        SELECT e.id FROM executions e
        WHERE e.{ACTIVE} AND e.poll_at <= now() ORDER BY e.poll_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    UPDATE executions e SET poll_at = now() + make_interval(secs => $2)
    FROM due, instances i
    WHERE e.id = due.id AND i.id = e.instance_id AND i.generation = e.instance_generation AND i.base_url IS NOT NULL
    RETURNING e.*, {TARGET}
"""  # noqa: S608 - constants only


_LOSE = f"""
    WITH changed AS (
        UPDATE executions SET
            state = CASE WHEN losses + 1 >= max_attempts THEN 'failed' ELSE 'queued' END,
            error = CASE WHEN losses + 1 >= max_attempts THEN $4::jsonb END,
            waiting_reason = CASE WHEN losses + 1 < max_attempts THEN $3 END,
            finished_at = CASE WHEN losses + 1 >= max_attempts THEN now() END,
            instance_id = CASE WHEN losses + 1 >= max_attempts THEN instance_id END,
            started_at = CASE WHEN losses + 1 >= max_attempts THEN started_at END,
            losses = losses + 1, queued_at = now(), not_before = NULL, {TOUCH}
        WHERE id = $1 AND attempt = $2 AND {ACTIVE}
        RETURNING *
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM changed
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only

_TO_RELEASE = f"""
    SELECT e.*, {TARGET} FROM executions e JOIN instances i
      ON i.id = e.instance_id AND i.generation = e.instance_generation AND i.base_url IS NOT NULL
    WHERE e.release_pending ORDER BY e.id LIMIT $1
"""  # noqa: S608 - constants only

_RELEASED = f"""
    WITH changed AS (
        UPDATE executions SET release_pending = false
        WHERE id = $1 AND attempt = $2 AND release_pending RETURNING id
    ), log AS (
        INSERT INTO execution_logs (execution_id, body)
        SELECT id, $3::bytea FROM changed WHERE octet_length($3::bytea) > 0
        ON CONFLICT (execution_id) DO NOTHING
    )
    SELECT pg_notify('{CHANNEL}', '{QUEUE}'), pg_notify('{CHANNEL}', 'execution:' || id) FROM changed
"""  # noqa: S608 - constants only

_RELEASE_ORPHANS = """
    UPDATE executions e SET release_pending = false
    WHERE release_pending AND NOT EXISTS (
        SELECT FROM instances i
        WHERE i.id = e.instance_id AND i.generation = e.instance_generation AND i.base_url IS NOT NULL)
"""


class TransitionQueries:
    """Moves executions through their states."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def candidates(self) -> list[int]:
        """Ready instances for which something is queued, those with most free slots first."""
        with translated():
            return [row["id"] for row in await self._pool.fetch(_CANDIDATES)]

    async def claim(
        self, instance_id: int, *, launch_seconds: float, deadline_grace: float, keep_time: Sequence[str]
    ) -> list[Claim]:
        """Give queued executions the free slots of an instance: ``queued → starting``.

        ``launch_seconds``: the instance is asked what became of the run if the launch reports nothing until then.
        ``deadline_grace``: seconds beyond the time limit that the instance has to report the time-out itself, if its
        protocol is one of ``keep_time``.
        """
        with translated():
            rows = await self._pool.fetch(_CLAIM, instance_id, launch_seconds, deadline_grace, keep_time)
        return [Claim(assignment=assignment_of(row), reference=row["reference"], input=row["body"]) for row in rows]

    async def next_rested(self) -> float | None:
        """Seconds until the next queued execution that rests may be claimed."""
        with translated():
            seconds: float | None = await self._pool.fetchval(_NEXT_RESTED)
        return seconds

    async def assignment(self, id_: int, *, or_releasing: bool = False) -> Assignment | None:
        """The execution and its instance while it is active (or its log is still to be fetched)."""
        with translated():
            row = await self._pool.fetchrow(_ASSIGNMENT, id_, or_releasing)
        return row and assignment_of(row)

    async def secret_of(self, id_: int) -> str | None:
        """The secret of the newest attempt, whatever its state."""
        with translated():
            secret: str | None = await self._pool.fetchval(_SECRET_OF, id_)
        return secret

    async def of_secret(self, secret: str) -> int | None:
        """The active execution whose current attempt has this secret."""
        with translated():
            id_: int | None = await self._pool.fetchval(_OF_SECRET, secret)
        return id_

    async def progress(
        self, id_: int, attempt: int, message: StatusMessage, *, poll_seconds: float, handle: str | None = None
    ) -> bool:
        """``starting | running → running`` with what the message says; False when it is old or too late."""
        incumbent = None if message.incumbent is None else msgspec.to_builtins(message.incumbent)
        with translated():
            row = await self._pool.fetchrow(
                _PROGRESS,
                id_,
                attempt,
                message.sequence,
                message.progress_message,
                message.progress_fraction,
                incumbent,
                message.cpu_time_in_seconds,
                poll_seconds,
                handle,
            )
        return row is not None

    async def finish(
        self,
        id_: int,
        attempt: int,
        outcome: Outcome,
        message: StatusMessage | None = None,
        *,
        handle: str | None = None,
    ) -> bool:
        """``starting | running →`` terminal; False when the execution is not in this attempt any more."""
        assert outcome.state.terminal
        incumbent = message and message.incumbent
        with translated():
            row = await self._pool.fetchrow(
                _FINISH,
                id_,
                attempt,
                outcome.state.value,
                outcome.error,
                outcome.output,
                outcome.log,
                message and message.sequence,
                message and message.progress_message,
                message and message.progress_fraction,
                incumbent and msgspec.to_builtins(incumbent),
                message and message.cpu_time_in_seconds,
                handle,
            )
        return row is not None

    async def cancel(self, id_: int, error: dict[str, Any]) -> Execution | None:
        """To ``cancelled`` from every state that is not terminal; None when it was terminal."""
        with translated():
            row = await self._pool.fetchrow(_CANCEL, id_, error, sources(ExecutionState.CANCELLED))
        return row and execution_of(row)

    async def expire(self, error: dict[str, Any]) -> list[Execution]:
        """``starting | running → timed_out`` for all whose instance let the time limit pass."""
        with translated():
            return [execution_of(row) for row in await self._pool.fetch(_EXPIRE, error)]

    async def requeue(self, id_: int, attempt: int, reason: str, *, rest_seconds: float) -> bool:
        """``starting | running → queued`` without counting a loss: the instance was busy or forgot the launch."""
        with translated():
            return await self._pool.fetchrow(_REQUEUE, id_, attempt, reason, rest_seconds) is not None

    async def lose(self, id_: int, attempt: int, reason: str, error: dict[str, Any]) -> bool:
        """``starting | running → queued``, or failed when no attempt is left: the instance lost the run."""
        with translated():
            return await self._pool.fetchrow(_LOSE, id_, attempt, reason, error) is not None

    async def recover(self, out_of_memory: dict[str, Any], lost: dict[str, Any]) -> list[Execution]:
        """Take active executions back from instances that are gone; the errors are for those that end by it."""
        with translated():
            return [execution_of(row) for row in await self._pool.fetch(_RECOVER, out_of_memory, lost)]

    async def abandon(self, error: dict[str, Any]) -> list[Execution]:
        """Fail queued executions whose algorithm or requested instance was deleted."""
        with translated():
            return [execution_of(row) for row in await self._pool.fetch(_ABANDON, error)]

    async def due_polls(self, limit: int, *, poll_seconds: float) -> list[Assignment]:
        """Active executions that nothing was heard of for a while; each is handed out to one caller."""
        with translated():
            return [assignment_of(row) for row in await self._pool.fetch(_POLL, limit, poll_seconds)]

    async def to_release(self, limit: int) -> list[Assignment]:
        """Ended executions whose instance still has to hand over the log and forget the run."""
        with translated():
            return [assignment_of(row) for row in await self._pool.fetch(_TO_RELEASE, limit)]

    async def released(self, id_: int, attempt: int, log: bytes | None) -> None:
        """The instance has forgotten the run (or is gone); ``log`` is what it wrote."""
        with translated():
            await self._pool.execute(_RELEASED, id_, attempt, log)

    async def release_orphans(self) -> None:
        """Nothing to be released on instances that are gone."""
        with translated():
            await self._pool.execute(_RELEASE_ORPHANS)
