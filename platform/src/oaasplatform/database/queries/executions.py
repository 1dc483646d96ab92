"""Executions, straight on asyncpg: submitting and reading. ``transitions`` has what happens in between."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from oaasplatform.database.changes import Changes
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, QUEUE, Listener, execution_topic
from oaasplatform.database.openings import Openings
from oaasplatform.database.queries.documents import keep
from oaasplatform.database.queries.execution_documents import ExecutionDocuments
from oaasplatform.database.queries.execution_rows import (
    ACTIVE,
    EVERYWHERE,
    RECORD,
    SETTLE,
    SHARED,
    TAKEN,
    TAKES,
    TOUCH,
    attempts_of,
    event_of,
    execution_of,
    first_event,
)
from oaasplatform.database.queries.webhooks import REGISTER_CALLBACKS
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import IdempotencyMismatch, NotFound
from oaasplatform.domain.executions import (
    Assignment,
    Attempt,
    Claim,
    Event,
    Execution,
    ExecutionFilter,
    ExecutionState,
    Opening,
    ReadyInstance,
    Submission,
)
from oaasplatform.domain.paging import Paging
from oaasplatform.kit.batching import Batcher

_EVENT_PAGE = 500
_SUBMIT_MOST = 256

_SUBMIT_TEMPLATE = f"""
    WITH given AS MATERIALIZED (
        SELECT COALESCE(g.document_id, nextval('executions_id_seq')) AS id, g.* FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::int[], $8::float8[],
            $9::float8[], $10::int[], $11::text[], $12::bytea[], $13::bytea[], $14::bigint[],
            $15::text[], $16::bytea[], $17::bigint[], $18::text[]
        ) WITH ORDINALITY AS g (algorithm_id, algorithm_name, algorithm_version, repository_id, requested_instance_id,
            user_id, priority, rank, max_running_time, max_attempts, state, input_hash, body, document_id, key,
            request_hash, batch_id, callback_url, place)
    ), slot AS MATERIALIZED (
        {{slot}}
    ), seated AS MATERIALIZED (
        SELECT given.*, slot.id AS instance_id, slot.generation AS instance_generation, slot.digest, slot.quota,
            CASE WHEN slot.id IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END AS secret,
            (slot.id IS NOT NULL)::int AS starts
        FROM given LEFT JOIN slot ON given.state = 'queued' AND given.place <= slot.free
          AND (given.requested_instance_id IS NULL OR given.requested_instance_id = slot.id)
    ), submitted AS (
        INSERT INTO executions (id, algorithm_id, algorithm_name, algorithm_version, repository_id,
            requested_instance_id, user_id, priority, rank, max_running_time, max_attempts, input_hash, batch_id,
            callback_url, instance_id, instance_generation, digest, quota, secret, state, attempt, event_id,
            queued_at, created_at, modified_at, started_at, poll_at, deadline_at, losses, sequence, release_pending)
        SELECT id, algorithm_id, algorithm_name, algorithm_version, repository_id,
            requested_instance_id, user_id, priority, rank, max_running_time, max_attempts, input_hash, batch_id,
            callback_url, instance_id, instance_generation, digest, quota, secret,
            CASE WHEN starts = 1 THEN 'starting' ELSE state END, starts, 1 + starts,
            CASE WHEN state = 'queued' THEN now() END, now(), now(), {{times}}, 0, -2, false
        FROM seated
    ), input AS (
        INSERT INTO execution_inputs (execution_id, body, document_id) SELECT id, body, document_id FROM given
    ), key AS (
        INSERT INTO idempotency_keys (key, execution_id, request_hash, created_at)
        SELECT key, id, request_hash, now() FROM given WHERE key IS NOT NULL
    ), callback AS (
        {REGISTER_CALLBACKS}
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}:' || repository_id)
        FROM (SELECT DISTINCT repository_id FROM seated WHERE state = 'queued' AND starts = 0) AS queues
    ){{started}}
    SELECT id, now() AS at, instance_id, digest, quota, secret, (SELECT count(*) FROM queue) AS queues
    FROM seated ORDER BY place
"""  # noqa: S608 - constants only
_STARTS_AND_RETURNS = """
    SELECT event_id, created_at, snapshot FROM execution_events
    WHERE execution_id = $1 AND snapshot->>'state' IN ('starting', 'queued') AND (snapshot->'attempt')::int > 0
    ORDER BY event_id DESC LIMIT $2
"""

_SUBMIT = _SUBMIT_TEMPLATE.format(
    slot="SELECT id, generation, digest, quota, 0 AS free FROM instances WHERE false",
    times="NULL::timestamptz, NULL::timestamptz, NULL::timestamptz",
    started="",
)
"""Store, queued or created."""

# As a claim (see there): the lock on the instance, and the number of the term. Nobody may be overtaken.
_START = _SUBMIT_TEMPLATE.format(
    slot=f"""
        SELECT i.id, i.generation, i.digest, i.quota, i.concurrency - {TAKEN} AS free
        FROM unnest($19::bigint[], $20::int[]) AS o (id, generation) JOIN instances i USING (id, generation)
        WHERE {TAKES} AND NOT EXISTS (SELECT FROM nodes WHERE term > $21)
          AND NOT EXISTS (SELECT FROM executions e WHERE e.state = 'queued' AND e.repository_id = i.repository_id)
        ORDER BY free DESC, i.id LIMIT 1
        FOR NO KEY UPDATE OF i
    """,  # noqa: S608 - constants only
    times="""
        CASE WHEN starts = 1 THEN now() END, CASE WHEN starts = 1 THEN now() + make_interval(secs => $22) END,
        CASE WHEN starts = 1 THEN now() + make_interval(secs => max_running_time + $23) END
    """,
    started="""
    , recorded AS (
        INSERT INTO execution_events (execution_id, event_id, created_at, snapshot)
        SELECT id, 2, now(), jsonb_build_object(
            'state', 'starting', 'attempt', 1, 'instance_id', instance_id, 'started_at', now())
        FROM seated WHERE starts = 1
    )
    """,
)
"""The same for one repository; those for which its least busy instance has free slots start there at once."""

# The ids of a batch lie close together: pages are read from among them, by the index of ids.
_OF_BATCH = (
    "batch_id = {0} AND id > {0}"
    " AND id <= COALESCE((SELECT last_id FROM execution_batches WHERE id = {0}), 9223372036854775807)"
)

_LAUNCH = f"""
    WITH changed AS (
        UPDATE executions SET state = 'queued', queued_at = now(), rank = rank + extract(epoch FROM now() - created_at),
            {TOUCH}
        WHERE id = $1 AND state = 'created'
        RETURNING *
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}:' || repository_id) FROM changed
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only

_PURGE_PARTS = """
    DELETE FROM document_parts WHERE document_id IN (
        SELECT document_id FROM execution_inputs WHERE execution_id = $1
        UNION ALL SELECT document_id FROM execution_outputs WHERE execution_id = $1)
"""

_LOG = "SELECT body FROM execution_logs WHERE execution_id = $1"

_COLUMNS = ", ".join(SHARED)
_GET = EVERYWHERE.format(where="WHERE id = $1")
_GET_ALL = EVERYWHERE.format(where="WHERE id = ANY($1)")


class ExecutionQueries(ExecutionDocuments):
    """Reads and writes of executions, apart from what happens while they run."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, changes: Changes, openings: Openings) -> None:
        super().__init__(pool)
        self._listener = listener
        self._changes = changes
        self._openings = openings
        self._submissions: Batcher[Submission, Execution] = Batcher(
            self._submit_or_start, most=_SUBMIT_MOST, isolate=(asyncpg.UniqueViolationError, asyncpg.DataError)
        )

    async def submit(self, submission: Submission) -> Execution:
        """Store an execution, queued or created; or find the one that the idempotency key has made before.

        What is submitted at the same time is committed together. If a slot is free and nobody waits for it, the
        execution starts with the same commit.

        Raises:
            IdempotencyMismatch: the key belongs to another request.
        """
        with translated():
            try:
                if isinstance(submission.input, LargeDocument):
                    return await self._submit_large(submission, submission.input)
                return await self._submissions.do(submission)
            except asyncpg.UniqueViolationError:
                known = await self._pool.fetchrow(
                    "SELECT execution_id, request_hash FROM idempotency_keys WHERE key = $1", submission.idempotency_key
                )
        if known["request_hash"] != submission.request_hash:
            raise IdempotencyMismatch(f"The key belongs to execution {known['execution_id']}, which is not the same.")
        return await self.get(known["execution_id"])

    async def submit_all(self, submissions: Sequence[Submission]) -> list[Execution]:
        """Store executions in one commit, all or none; without keys, and without large inputs."""
        with translated():
            executions = await self._submit(self._pool, submissions)
        self._tell(executions)
        return executions

    async def _submit_large(self, submission: Submission, document: LargeDocument) -> Execution:
        async with self._pool.acquire() as connection, connection.transaction():
            await keep(connection, document)
            (execution,) = await self._submit(connection, [submission])
        self._tell([execution])
        return execution

    async def _submit_or_start(self, submissions: Sequence[Submission]) -> list[Execution]:
        repositories = {each.algorithm.repository_id for each in submissions}
        opening = self._openings.of(repositories.pop()) if len(repositories) == 1 else None
        if opening is None:
            executions = await self._submit(self._pool, submissions)
        else:
            async with self._openings.counting:
                executions = await self._start(submissions, opening)
        self._tell(executions)
        return executions

    async def _submit(
        self, connection: asyncpg.Pool | asyncpg.Connection, submissions: Sequence[Submission]
    ) -> list[Execution]:
        found = await connection.fetch(_SUBMIT, *_columns(submissions))
        return [_fresh(each, row) for each, row in zip(submissions, found, strict=True)]

    async def _start(self, submissions: Sequence[Submission], opening: Opening) -> list[Execution]:
        instances = opening.instances
        found = await self._pool.fetch(
            _START,
            *_columns(submissions),
            list(instances),
            [each.target.generation for each in instances.values()],
            opening.term,
            opening.launch_seconds,
            opening.deadline_grace,
        )
        executions = [_fresh(each, row) for each, row in zip(submissions, found, strict=True)]
        claims: list[Claim] = []
        for submission, execution, row in zip(submissions, executions, found, strict=True):
            if execution.instance_id is not None:
                instance = instances[execution.instance_id]
                claims.append(_claim(instance, submission, execution, row["secret"]))
        if claims:
            self._openings.launch(instance, claims)
        return executions

    def _tell(self, executions: Sequence[Execution]) -> None:
        """They are stored: not before the commit."""
        for execution in executions:
            if execution.callback_url is not None:
                self._changes.publish(execution)
        for repository_id in {e.algorithm_repository_id for e in executions if e.state is ExecutionState.QUEUED}:
            self._listener.wake(f"{QUEUE}:{repository_id}")

    async def launch(self, id_: int) -> Execution | None:
        """Queue a created execution; None when it is not in that state."""
        with translated():
            row = await self._pool.fetchrow(_LAUNCH, id_)
        if row is None:
            return None
        launched = execution_of(row)
        self._listener.wake(f"{QUEUE}:{launched.algorithm_repository_id}", execution_topic(id_))
        self._changes.publish(launched)
        return launched

    async def get(self, id_: int) -> Execution:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow(_GET, id_)
        if row is None:
            raise NotFound("algorithm execution", id_)
        return execution_of(row)

    async def get_all(self, ids: Collection[int]) -> list[Execution]:
        """Those that there are, in any order."""
        with translated():
            return [execution_of(row) for row in await self._pool.fetch(_GET_ALL, list(ids))]

    async def page(self, wanted: ExecutionFilter, paging: Paging) -> tuple[list[Execution], int | None]:
        """Newest first."""
        # Literal states, so that the index of those that did not succeed is found.
        states = ", ".join(f"'{state.value}'" for state in wanted.states or ())
        conditions: list[str] = [f"state IN ({states})"] if states else []
        arguments: list[Any] = []
        for condition, value in (
            ("id < {}", paging.before),
            ("algorithm_id = {}", wanted.algorithm_id),
            ("instance_id = {}", wanted.instance_id),
            ("user_id = {}", wanted.user_id),
            (_OF_BATCH, wanted.batch_id),
            ("created_at >= {}", wanted.created_after),
            ("created_at < {}", wanted.created_before),
        ):
            if value is not None:
                arguments.append(value)
                conditions.append(condition.format(f"${len(arguments)}"))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        order = f"ORDER BY id DESC LIMIT {paging.limit + 1}"
        # Conditions are constants; values are parameters.
        statement = f"""
            SELECT * FROM (
                (SELECT {_COLUMNS}, waiting_reason FROM executions {where} {order})
                UNION ALL
                (SELECT {_COLUMNS}, NULL::text FROM execution_history {where} {order})
            ) AS found {order}
        """  # noqa: S608
        with translated():
            rows = await self._pool.fetch(statement, *arguments)
        executions = [execution_of(row) for row in rows[: paging.limit]]
        return executions, executions[-1].id if len(rows) > paging.limit else None

    async def log(self, id_: int) -> bytes | None:
        """What the run wrote, once it has been handed over."""
        with translated():
            body: bytes | None = await self._pool.fetchval(
                "SELECT body FROM execution_logs WHERE execution_id = $1", id_
            )
        return body

    async def events(self, execution: Execution, after: int) -> list[Event]:
        """Events with numbers above ``after``, in order, at most some hundreds at a time."""
        if after >= execution.event_id:
            return []
        if after == execution.event_id - 1:
            return [Event(id=execution.event_id, execution=execution)]
        with translated():
            rows = await self._pool.fetch(
                "SELECT event_id, created_at, snapshot FROM execution_events"
                " WHERE execution_id = $1 AND event_id > $2 AND event_id < $3 ORDER BY event_id LIMIT $4",
                execution.id,
                max(after, 1),
                execution.event_id,
                _EVENT_PAGE,
            )
        events = [event_of(row, execution) for row in rows]
        if len(events) < _EVENT_PAGE:
            events.append(Event(id=execution.event_id, execution=execution))
        if after < 1 and execution.event_id > 1:
            events.insert(0, first_event(execution, events[0].execution))
        return events

    async def attempts(self, execution: Execution) -> list[Attempt]:
        """The newest starts of an execution, oldest first, some hundreds at most."""
        with translated():
            rows = await self._pool.fetch(_STARTS_AND_RETURNS, execution.id, 2 * _EVENT_PAGE)
        return attempts_of(execution, [event_of(row, execution) for row in reversed(rows)])

    async def active_of_repository(self, repository_id: int) -> int:
        """How many executions of a repository wait or run."""
        with translated():
            count: int = await self._pool.fetchval(
                f"SELECT count(*) FROM executions WHERE repository_id = $1 AND (state = 'queued' OR {ACTIVE})",  # noqa: S608
                repository_id,
            )
        return count

    async def active_on(self, instance_id: int) -> int:
        """How many executions run on an instance."""
        with translated():
            count: int = await self._pool.fetchval(
                f"SELECT count(*) FROM executions WHERE instance_id = $1 AND {ACTIVE}",  # noqa: S608 - constants
                instance_id,
            )
        return count

    async def purge(self, id_: int) -> bool:
        """Forget a terminal execution and its documents; False when it is not terminal."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(SETTLE, [id_])
                gone = await connection.fetchval("DELETE FROM execution_history WHERE id = $1 RETURNING id", id_)
                if gone is None:
                    return False
                await connection.execute(_PURGE_PARTS, id_)
                for table in (
                    "execution_inputs",
                    "execution_outputs",
                    "execution_logs",
                    "execution_events",
                    "idempotency_keys",
                    "callbacks",
                ):
                    await connection.execute(f"DELETE FROM {table} WHERE execution_id = $1", id_)  # noqa: S608
        return True


def _submitted(submission: Submission) -> tuple[object, ...]:
    """The arguments of ``_SUBMIT`` for one execution."""
    state = ExecutionState.QUEUED if submission.launch else ExecutionState.CREATED
    return (
        submission.algorithm.id,
        submission.algorithm.name,
        submission.algorithm.version,
        submission.algorithm.repository_id,
        submission.instance_id,
        submission.user_id,
        submission.priority,
        submission.rank,
        submission.max_running_time,
        submission.max_attempts,
        state.value,
        *_stored(submission.input),
        submission.idempotency_key,
        submission.request_hash,
        submission.batch_id,
        submission.callback_url,
    )


def _stored(document: bytes | LargeDocument) -> tuple[bytes, bytes | None, int | None]:
    """Hash, body and number of a document."""
    if isinstance(document, LargeDocument):
        return document.sha256, None, document.id
    return hashlib.sha256(document).digest(), document, None


def _columns(submissions: Sequence[Submission]) -> list[list[object]]:
    """The arguments of ``_SUBMIT``."""
    return [list(column) for column in zip(*map(_submitted, submissions), strict=True)]


def _fresh(submission: Submission, row: asyncpg.Record) -> Execution:
    """What was stored, without reading it again."""
    at: datetime = row["at"]
    starts = row["instance_id"] is not None
    state = ExecutionState.QUEUED if submission.launch else ExecutionState.CREATED
    return Execution(
        id=row["id"],
        algorithm_id=submission.algorithm.id,
        algorithm_name=submission.algorithm.name,
        algorithm_version=submission.algorithm.version,
        algorithm_repository_id=submission.algorithm.repository_id,
        requested_instance_id=submission.instance_id,
        instance_id=row["instance_id"],
        digest=row["digest"],
        quota=row["quota"],
        input_hash=None,
        batch_id=submission.batch_id,
        state=ExecutionState.STARTING if starts else state,
        priority=submission.priority,
        attempt=int(starts),
        max_attempts=submission.max_attempts,
        max_running_time=submission.max_running_time,
        user_id=submission.user_id,
        callback_url=submission.callback_url,
        progress_message=None,
        progress_fraction=None,
        incumbent=None,
        error=None,
        cpu_time=None,
        waiting_reason=None,
        created_at=at,
        modified_at=at,
        queued_at=at if submission.launch else None,
        started_at=at if starts else None,
        finished_at=None,
        output_bytes=None,
        event_id=1 + starts,
    )


def _claim(instance: ReadyInstance, submission: Submission, execution: Execution, secret: str) -> Claim:
    """All that the launch of an execution needs that has started with its submission."""
    return Claim(
        assignment=Assignment(
            execution=execution, secret=secret, handle=None, protocol=instance.protocol, target=instance.target
        ),
        reference=submission.algorithm.reference,
        input=submission.input.id if isinstance(submission.input, LargeDocument) else submission.input,
    )
