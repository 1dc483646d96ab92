"""What happens to executions between submission and end.

Each transition is one statement: it changes the row (guarded by the states the transition may come from), appends
the event that watchers see, and notifies them with the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.changes import Changes
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, EXECUTION, QUEUE, RELEASE, SLOT, Listener, execution_topic
from oaasplatform.database.queries.documents import keep
from oaasplatform.database.queries.execution_rows import (
    ACTIVE,
    RECORD,
    SETTLE,
    SHARED,
    TARGET,
    TELL,
    TOUCH,
    assignment_of,
    execution_of,
)
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.executions import Assignment, Execution, ExecutionState, Outcome, sources
from oaasplatform.kit.batching import Batcher

_ASSIGNMENT = f"""
    SELECT e.*, {TARGET} FROM executions e JOIN instances i
      ON i.id = e.instance_id AND i.generation = e.instance_generation AND i.base_url IS NOT NULL
    WHERE e.id = $1 AND (e.{ACTIVE} OR ($2 AND e.release_pending))
"""  # noqa: S608 - constants only

_SECRET_OF = "SELECT secret FROM executions WHERE id = $1 UNION ALL SELECT secret FROM execution_history WHERE id = $1"  # noqa: S105

_OF_SECRET = f"SELECT id FROM executions WHERE secret = $1 AND {ACTIVE}"  # noqa: S608 - constants only

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

# The run ended, but its instance still has its log.
_FINISH = f"""
    WITH changed AS (
        UPDATE executions SET state = $3::text, error = $4::jsonb, output_bytes = $12,
            release_pending = true, finished_at = now(),
            sequence = COALESCE($6, sequence), progress_message = COALESCE($7, progress_message),
            progress_fraction = COALESCE($8, progress_fraction), incumbent = COALESCE($9::jsonb, incumbent),
            cpu_time = COALESCE($10, cpu_time), handle = COALESCE($11, handle), {TOUCH}
        WHERE id = $1 AND attempt = $2 AND {ACTIVE}
        RETURNING *
    ), output AS (
        INSERT INTO execution_outputs (execution_id, body, document_id) SELECT id, $5::bytea, $13 FROM changed
        WHERE $12::bigint IS NOT NULL
    ), free AS (
        SELECT pg_notify('{CHANNEL}', '{RELEASE}') FROM changed
    )
    {RECORD}, (SELECT count(*) FROM free) AS freed
"""  # noqa: S608 - constants only

_ENDED = {
    "state": "g.state",
    "error": "g.error",
    "output_bytes": "g.output_bytes",
    "finished_at": "now()",
    "modified_at": "now()",
    "event_id": "e.event_id + 1",
    "progress_message": "COALESCE(g.progress_message, e.progress_message)",
    "progress_fraction": "COALESCE(g.progress_fraction, e.progress_fraction)",
    "incumbent": "COALESCE(g.incumbent, e.incumbent)",
    "cpu_time": "COALESCE(g.cpu_time, e.cpu_time)",
}
"""What an end changes."""

# The same for runs that have left nothing on their instances, many at a time.
_END = f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::jsonb[], $5::bytea[], $6::bytea[],
            $7::text[], $8::float8[], $9::jsonb[], $10::float8[], $11::bigint[], $12::bigint[])
        AS g (id, attempt, state, error, output, log, progress_message, progress_fraction, incumbent, cpu_time,
            output_bytes, document_id)
    ), gone AS (
        DELETE FROM executions e USING given g
        WHERE e.id = g.id AND e.attempt = g.attempt AND e.{ACTIVE}
        RETURNING {", ".join(f"{_ENDED.get(name, f'e.{name}')} AS {name}" for name in SHARED)},
            g.output, g.document_id, g.log
    ), changed AS (
        INSERT INTO execution_history ({", ".join(SHARED)}) SELECT {", ".join(SHARED)} FROM gone
    ), output AS (
        INSERT INTO execution_outputs (execution_id, body, document_id)
        SELECT id, output, document_id FROM gone WHERE output_bytes IS NOT NULL
    ), log AS (
        INSERT INTO execution_logs (execution_id, body) SELECT id, log FROM gone WHERE octet_length(log) > 0
    ), free AS (
        SELECT pg_notify('{CHANNEL}', '{SLOT}:' || repository_id)
        FROM (SELECT DISTINCT repository_id FROM gone) AS slots
    ), told AS (
        {TELL.format(changed="gone")}
    )
    SELECT {", ".join(SHARED)}, NULL::text AS waiting_reason,
        (SELECT count(*) FROM free) + (SELECT count(*) FROM told) AS told
    FROM gone
"""  # noqa: S608 - constants only

_CANCEL = f"""
    WITH changed AS (
        UPDATE executions SET state = 'cancelled', error = $2, finished_at = now(), waiting_reason = NULL,
            release_pending = {ACTIVE}, {TOUCH}
        WHERE id IN (SELECT id FROM executions WHERE id = ANY($1) AND state = ANY($3) FOR UPDATE {{others}})
        RETURNING *
    ), free AS (
        SELECT pg_notify('{CHANNEL}', '{RELEASE}') FROM changed WHERE release_pending
    )
    {RECORD}, (SELECT count(*) FROM free) AS freed
"""  # noqa: S608 - constants only
_CANCEL_ONE = _CANCEL.format(others="")
# Those that somebody changes just now are left, lest each waits for the other.
_CANCEL_MANY = _CANCEL.format(others="SKIP LOCKED")

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

_POSTPONE_POLL = f"""
    UPDATE executions SET poll_at = GREATEST(poll_at, now() + make_interval(secs => $3))
    WHERE id = $1 AND attempt = $2 AND {ACTIVE}
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

_RELEASED = """
    WITH changed AS (
        UPDATE executions SET release_pending = false
        WHERE id = $1 AND attempt = $2 AND release_pending RETURNING id
    )
    INSERT INTO execution_logs (execution_id, body)
    SELECT id, $3::bytea FROM changed WHERE octet_length($3::bytea) > 0
    ON CONFLICT (execution_id) DO NOTHING
"""

_RELEASE_ORPHANS = """
    UPDATE executions e SET release_pending = false
    WHERE release_pending AND NOT EXISTS (
        SELECT FROM instances i
        WHERE i.id = e.instance_id AND i.generation = e.instance_generation AND i.base_url IS NOT NULL)
    RETURNING id
"""

_TELL = f"SELECT pg_notify('{CHANNEL}', '{QUEUE}'), pg_notify('{CHANNEL}', '{EXECUTION}:' || $1)"

_END_MOST = 256


@dataclass(frozen=True)
class End:
    """A run that ended and has left nothing on its instance: its outcome has the log."""

    id: int
    attempt: int
    outcome: Outcome
    message: StatusMessage | None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Those of ``_END`` for one execution."""
        outcome = self.outcome
        reported = (None,) * 4 if self.message is None else _reported(self.message)
        body, document_id = _stored(outcome)
        ended = (self.id, self.attempt, outcome.state.value, outcome.error, body, outcome.log)
        return (*ended, *reported, outcome.output_bytes, document_id)


class TransitionQueries:
    """Moves executions through their states."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, changes: Changes) -> None:
        self._pool = pool
        self._listener = listener
        self._changes = changes
        self._ends: Batcher[End, bool] = Batcher(self._end, most=_END_MOST, isolate=asyncpg.DataError)

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
        arguments = (id_, attempt, message.sequence, *_reported(message), poll_seconds, handle)
        return bool(await self._change(_PROGRESS, *arguments))

    async def finish(
        self,
        id_: int,
        attempt: int,
        outcome: Outcome,
        message: StatusMessage | None = None,
        *,
        handle: str | None = None,
    ) -> bool:
        """``starting | running →`` terminal; False when the execution is not in this attempt any more.

        Ends that come at the same time are committed together, unless there is a large output: that is kept if, and
        only if, it is the end.
        """
        assert outcome.state.terminal
        large = outcome.output if isinstance(outcome.output, LargeDocument) else None
        if outcome.log is not None:
            end = End(id_, attempt, outcome, message)
            with translated():
                return await self._end_large(end, large) if large else await self._ends.do(end)
        sequence, reported = (None, (None,) * 4) if message is None else (message.sequence, _reported(message))
        body, document_id = _stored(outcome)
        ended = (id_, attempt, outcome.state.value, outcome.error, body, sequence, *reported, handle)
        return bool(await self._change(_FINISH, *ended, outcome.output_bytes, document_id, large=large))

    async def finish_all(self, ends: Iterable[End]) -> None:
        """The same for several runs that have left nothing on their instances, and have no large outputs."""
        with translated():
            await self._ends.do_all(ends)

    async def _end(self, ends: Sequence[End]) -> list[bool]:
        return self._ended(ends, await self._pool.fetch(_END, *_columns(ends)))

    async def _end_large(self, end: End, document: LargeDocument) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_END, *_columns([end]))
            if rows:
                await keep(connection, document)
        return self._ended([end], rows)[0]

    def _ended(self, ends: Sequence[End], found: Sequence[asyncpg.Record]) -> list[bool]:
        rows = {row["id"]: row for row in found}
        outputs = {each.id: each.outcome.output for each in ends}
        for row in rows.values():
            execution = execution_of(row)
            output = outputs[execution.id]
            self._tell(execution, output if isinstance(output, bytes) else None)
        return [each.id in rows for each in ends]

    async def cancel(self, id_: int, error: dict[str, Any]) -> Execution | None:
        """To ``cancelled`` from every state that is not terminal; None when it was terminal."""
        changed = await self._change(_CANCEL_ONE, [id_], error, sources(ExecutionState.CANCELLED))
        return changed[0] if changed else None

    async def cancel_all(self, ids: Sequence[int], error: dict[str, Any]) -> None:
        """The same for some hundreds in one commit, without those that are being changed at this moment."""
        await self._change(_CANCEL_MANY, ids, error, sources(ExecutionState.CANCELLED))

    async def expire(self, error: dict[str, Any]) -> list[Execution]:
        """``starting | running → timed_out`` for all whose instance let the time limit pass."""
        return await self._change(_EXPIRE, error)

    async def requeue(self, id_: int, attempt: int, reason: str, *, rest_seconds: float) -> bool:
        """``starting | running → queued`` without counting a loss: the instance was busy or forgot the launch."""
        return bool(await self._change(_REQUEUE, id_, attempt, reason, rest_seconds))

    async def lose(self, id_: int, attempt: int, reason: str, error: dict[str, Any]) -> bool:
        """``starting | running → queued``, or failed when no attempt is left: the instance lost the run."""
        return bool(await self._change(_LOSE, id_, attempt, reason, error))

    async def recover(self, out_of_memory: dict[str, Any], lost: dict[str, Any]) -> list[Execution]:
        """Take active executions back from instances that are gone; the errors are for those that end by it."""
        return await self._change(_RECOVER, out_of_memory, lost)

    async def abandon(self, error: dict[str, Any]) -> list[Execution]:
        """Fail queued executions whose algorithm or requested instance was deleted."""
        return await self._change(_ABANDON, error)

    async def due_polls(self, limit: int, *, poll_seconds: float) -> list[Assignment]:
        """Active executions that nothing was heard of for a while; each is handed out to one caller."""
        with translated():
            return [assignment_of(row) for row in await self._pool.fetch(_POLL, limit, poll_seconds)]

    async def postpone_poll(self, id_: int, attempt: int, *, seconds: float) -> None:
        """Nobody need ask about an active execution for so long: a large document of it is on its way."""
        with translated():
            await self._pool.execute(_POSTPONE_POLL, id_, attempt, seconds)

    async def to_release(self, limit: int) -> list[Assignment]:
        """Found executions whose instance still has to hand over the log and forget the run."""
        with translated():
            return [assignment_of(row) for row in await self._pool.fetch(_TO_RELEASE, limit)]

    async def released(self, id_: int, attempt: int, log: bytes | None) -> None:
        """The instance has forgotten the run (or is gone); ``log`` is what it wrote."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_RELEASED, id_, attempt, log)
                await connection.execute(SETTLE, [id_])
                await connection.execute(_TELL, str(id_))
        self._listener.wake(QUEUE, execution_topic(id_))

    async def release_orphans(self) -> None:
        """Nothing to be released on instances that are gone."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                released = [row["id"] for row in await connection.fetch(_RELEASE_ORPHANS)]
                if released:
                    await connection.execute(SETTLE, released)
        self._listener.wake(*map(execution_topic, released))

    async def _change(self, statement: str, *arguments: object, large: LargeDocument | None = None) -> list[Execution]:
        """Make a transition. What is over by it moves to the history in the same commit; who watches is woken.

        If there is a change, ``large`` is part of it.
        """
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(statement, *arguments)
                if rows and large is not None:
                    await keep(connection, large)
                over = [row["id"] for row in rows if row["finished_at"] is not None and not row["release_pending"]]
                if over:
                    await connection.execute(SETTLE, over)
        executions = [execution_of(row) for row in rows]
        for execution in executions:
            self._tell(execution)
        if any(row["release_pending"] for row in rows):
            self._listener.wake(RELEASE)
        return executions

    def _tell(self, execution: Execution, output: bytes | None = None) -> None:
        self._changes.publish(execution, output)
        self._listener.wake(execution_topic(execution.id))
        if execution.state.terminal:
            self._listener.wake(f"{SLOT}:{execution.algorithm_repository_id}")
        elif execution.state is ExecutionState.QUEUED:
            self._listener.wake(f"{QUEUE}:{execution.algorithm_repository_id}")


def _columns(ends: Sequence[End]) -> list[list[object]]:
    """The arguments of ``_END``."""
    return [list(column) for column in zip(*(each.arguments for each in ends), strict=True)]


def _stored(outcome: Outcome) -> tuple[bytes | None, int | None]:
    """Body and number of an output."""
    if isinstance(outcome.output, LargeDocument):
        return None, outcome.output.id
    return outcome.output, None


def _reported(message: StatusMessage) -> tuple[object, ...]:
    """What a message says beside the outcome."""
    incumbent = None if message.incumbent is None else msgspec.to_builtins(message.incumbent)
    return message.progress_message, message.progress_fraction, incumbent, message.cpu_time_in_seconds
