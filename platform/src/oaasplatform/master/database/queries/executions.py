"""Executions: submitting and reading. ``transitions`` has what happens in between."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from oaasplatform.database.changes import Changes
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, QUEUE, Listener, execution_topic
from oaasplatform.database.queries.documents import keep
from oaasplatform.database.queries.execution_documents import ExecutionDocuments
from oaasplatform.database.queries.webhooks import REGISTER_CALLBACKS
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import IdempotencyMismatch, NotFound
from oaasplatform.domain.executions import Event, Execution, ExecutionState
from oaasplatform.domain.paging import Paging
from oaasplatform.kit.batching import Batcher
from oaasplatform.master.database.queries.execution_rows import (
    RECORD,
    TERMINAL,
    TOUCH,
    event_of,
    execution_of,
    first_event,
)
from oaasplatform.master.domain import wishes
from oaasplatform.master.domain.executions import FederatedExecution, FederatedFilter, FederatedSubmission

_EVENT_PAGE = 500
_SUBMIT_MOST = 256

_SUBMIT = f"""
    WITH given AS MATERIALIZED (
        SELECT COALESCE(g.document_id, nextval('addresses')) AS id, g.* FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::float8[],
            $9::float8[], $10::int[], $11::bigint[], $12::text[], $13::bytea[], $14::bytea[], $15::bigint[],
            $16::text[], $17::bytea[], $18::text[]
        ) AS g (algorithm_id, algorithm_name, algorithm_version, repository_name, wish, user_id, priority, rank,
            max_running_time, max_attempts, batch_id, state, input_hash, body, document_id, key, request_hash,
            callback_url)
    ), submitted AS (
        INSERT INTO executions (id, created_at, modified_at, queued_at, algorithm_id, algorithm_name,
            algorithm_version, repository_name, wish, user_id, priority, rank, max_running_time, max_attempts,
            batch_id, callback_url, state, input_hash, attempt, losses, node_unreachable, sequence, report, event_id)
        SELECT id, now(), now(), CASE WHEN state = 'queued' THEN now() END, algorithm_id, algorithm_name,
            algorithm_version, repository_name, wish, user_id, priority, rank, max_running_time, max_attempts,
            batch_id, callback_url, state, input_hash, 0, 0, false, 0, '{{}}', 1
        FROM given
    ), input AS (
        INSERT INTO execution_inputs (execution_id, body, document_id) SELECT id, body, document_id FROM given
    ), key AS (
        INSERT INTO idempotency_keys (key, execution_id, request_hash, created_at)
        SELECT key, id, request_hash, now() FROM given WHERE key IS NOT NULL
    ), callback AS (
        {REGISTER_CALLBACKS}
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM given WHERE state = 'queued' LIMIT 1
    )
    SELECT id, now() AS at, (SELECT count(*) FROM queue) AS queues FROM given
"""  # noqa: S608 - constants only

_LAUNCH = f"""
    WITH changed AS (
        UPDATE executions e SET state = 'queued', queued_at = now(),
            rank = rank + extract(epoch FROM now() - created_at), {TOUCH}
        WHERE id = $1 AND state = 'created'
        RETURNING e.*
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM changed
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only

_OLD = f"SELECT id FROM executions WHERE {TERMINAL} AND created_at < now() - $1::interval ORDER BY id LIMIT $2"  # noqa: S608

# What a node may still have of it has to be stopped before.
_FORGET = f"""
    DELETE FROM executions e WHERE id = ANY($1) AND {TERMINAL}
        AND NOT EXISTS (SELECT FROM stray_attempts s WHERE s.execution_id = e.id AND s.settled_at IS NULL)
    RETURNING id
"""  # noqa: S608 - constants only

_FORGET_PARTS = """
    DELETE FROM document_parts WHERE document_id IN (
        SELECT document_id FROM execution_inputs WHERE execution_id = ANY($1)
        UNION ALL SELECT document_id FROM execution_outputs WHERE execution_id = ANY($1))
"""

_FORGET_BATCHES = """
    DELETE FROM execution_batches b WHERE created_at < now() - $1::interval AND counts IS NOT NULL
        AND NOT EXISTS (SELECT FROM executions WHERE batch_id = b.id)
"""

_FORGOTTEN_TOGETHER = 1000

_EVENTS = """
    SELECT event_id, created_at, snapshot FROM execution_events
    WHERE execution_id = $1 AND event_id > $2 AND event_id < $3 ORDER BY event_id LIMIT $4
"""


class ExecutionQueries(ExecutionDocuments):
    """Reads and writes of executions, apart from what happens while they run."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, changes: Changes) -> None:
        super().__init__(pool)
        self._listener = listener
        self._changes = changes
        self._submissions: Batcher[FederatedSubmission, FederatedExecution] = Batcher(
            self.submit_all, most=_SUBMIT_MOST, isolate=(asyncpg.UniqueViolationError, asyncpg.DataError)
        )

    async def submit(self, submission: FederatedSubmission) -> FederatedExecution:
        """Store an execution, queued or created; or find the one that the idempotency key has made before.

        What is submitted at the same time is committed together.

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

    async def submit_all(self, submissions: Sequence[FederatedSubmission]) -> list[FederatedExecution]:
        """Store executions in one commit, all or none; without keys, and without large inputs."""
        with translated():
            executions = await self._submit(self._pool, submissions)
        self._tell(executions)
        return executions

    async def _submit_large(self, submission: FederatedSubmission, document: LargeDocument) -> FederatedExecution:
        async with self._pool.acquire() as connection, connection.transaction():
            await keep(connection, document)
            (execution,) = await self._submit(connection, [submission])
        self._tell([execution])
        return execution

    async def _submit(
        self, connection: asyncpg.Pool | asyncpg.Connection, submissions: Sequence[FederatedSubmission]
    ) -> list[FederatedExecution]:
        rows = [_submitted(each) for each in submissions]
        found = await connection.fetch(_SUBMIT, *(list(column) for column in zip(*rows, strict=True)))
        return [_fresh(each, row["id"], row["at"]) for each, row in zip(submissions, found, strict=True)]

    def _tell(self, executions: Sequence[FederatedExecution]) -> None:
        """They are stored: not before the commit."""
        self._listener.wake(QUEUE)
        for execution in executions:
            if execution.callback_url is not None:
                self._changes.publish(execution)

    async def launch(self, id_: int) -> FederatedExecution | None:
        """Queue a created execution; None when it is not in that state."""
        with translated():
            row = await self._pool.fetchrow(_LAUNCH, id_)
        if row is None:
            return None
        launched = execution_of(row)
        self._listener.wake(QUEUE, execution_topic(id_))
        self._changes.publish(launched)
        return launched

    async def get(self, id_: int) -> FederatedExecution:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow("SELECT * FROM executions WHERE id = $1", id_)
        if row is None:
            raise NotFound("algorithm execution", id_)
        return execution_of(row)

    async def get_all(self, ids: Collection[int]) -> list[FederatedExecution]:
        """Those that there are, in any order."""
        with translated():
            rows = await self._pool.fetch("SELECT * FROM executions WHERE id = ANY($1)", list(ids))
        return [execution_of(row) for row in rows]

    async def page(self, wanted: FederatedFilter, paging: Paging) -> tuple[list[FederatedExecution], int | None]:
        """Newest first."""
        conditions: list[str] = []
        arguments: list[Any] = []
        states = None if wanted.states is None else [state.value for state in wanted.states]
        for condition, value in (
            ("state = ANY({})", states),
            ("id < {}", paging.before),
            ("algorithm_id = {}", wanted.algorithm_id),
            ("node_id = {}", wanted.node_id),
            ("batch_id = {}", wanted.batch_id),
            ("user_id = {}", wanted.user_id),
            ("created_at >= {}", wanted.created_after),
            ("created_at < {}", wanted.created_before),
        ):
            if value is not None:
                arguments.append(value)
                conditions.append(condition.format(f"${len(arguments)}"))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        # Conditions are constants; values are parameters.
        statement = f"SELECT * FROM executions {where} ORDER BY id DESC LIMIT {paging.limit + 1}"  # noqa: S608
        with translated():
            rows = await self._pool.fetch(statement, *arguments)
        executions = [execution_of(row) for row in rows[: paging.limit]]
        return executions, executions[-1].id if len(rows) > paging.limit else None

    async def events(self, execution: Execution, after: int) -> list[Event]:
        """Events with numbers above ``after``, in order, at most some hundreds at a time."""
        assert isinstance(execution, FederatedExecution)
        if after >= execution.event_id:
            return []
        with translated():
            rows = await self._pool.fetch(_EVENTS, execution.id, max(after, 1), execution.event_id, _EVENT_PAGE)
        events = [event_of(row, execution) for row in rows]
        if len(events) < _EVENT_PAGE:
            events.append(Event(id=execution.event_id, execution=execution))
        if after < 1 and execution.event_id > 1:
            events.insert(0, first_event(execution))
        return events

    async def forget_keys(self, age: timedelta) -> None:
        """Drop idempotency keys that are older."""
        with translated():
            await self._pool.execute("DELETE FROM idempotency_keys WHERE created_at < now() - $1::interval", age)

    async def purge(self, id_: int) -> bool:
        """Forget a terminal execution and its documents; False when it is not terminal, or a node still has it."""
        return bool(await self._forget([id_]))

    async def forget(self, age: timedelta) -> int:
        """Forget what is over and was submitted more than ``age`` ago; how many executions that were."""
        forgotten = 0
        while True:
            with translated():
                old = [row["id"] for row in await self._pool.fetch(_OLD, age, _FORGOTTEN_TOGETHER)]
            forgotten += (count := await self._forget(old))
            if count < _FORGOTTEN_TOGETHER:
                break
        with translated():
            await self._pool.execute(_FORGET_BATCHES, age)
        return forgotten

    async def _forget(self, ids: Sequence[int]) -> int:
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                gone = [row["id"] for row in await connection.fetch(_FORGET, ids)]
                await connection.execute(_FORGET_PARTS, gone)
                for table in (
                    "execution_inputs",
                    "execution_outputs",
                    "execution_events",
                    "stray_attempts",
                    "callbacks",
                    "idempotency_keys",
                ):
                    await connection.execute(f"DELETE FROM {table} WHERE execution_id = ANY($1)", gone)  # noqa: S608
        return len(gone)


def _submitted(submission: FederatedSubmission) -> tuple[object, ...]:
    """The arguments of ``_SUBMIT`` for one execution."""
    algorithm = submission.wish.algorithm
    state = ExecutionState.QUEUED if submission.launch else ExecutionState.CREATED
    return (
        submission.algorithm_id,
        algorithm.name,
        algorithm.version,
        algorithm.repository,
        wishes.written(submission.wish),
        submission.user_id,
        submission.priority,
        submission.rank,
        submission.max_running_time,
        submission.max_attempts,
        submission.batch_id,
        state.value,
        *_stored(submission.input),
        submission.idempotency_key,
        submission.request_hash,
        submission.callback_url,
    )


def _stored(document: bytes | LargeDocument) -> tuple[bytes, bytes | None, int | None]:
    """Hash, body and number of a document."""
    if isinstance(document, LargeDocument):
        return document.sha256, None, document.id
    return hashlib.sha256(document).digest(), document, None


def _fresh(submission: FederatedSubmission, id_: int, at: datetime) -> FederatedExecution:
    """What was stored, without reading it again."""
    algorithm = submission.wish.algorithm
    return FederatedExecution(
        id=id_,
        algorithm_id=submission.algorithm_id,
        algorithm_name=algorithm.name,
        algorithm_version=algorithm.version,
        algorithm_repository_id=0,
        requested_instance_id=None,
        instance_id=None,
        digest=None,
        quota=None,
        input_hash=_stored(submission.input)[0],
        state=ExecutionState.QUEUED if submission.launch else ExecutionState.CREATED,
        priority=submission.priority,
        attempt=0,
        max_attempts=submission.max_attempts,
        max_running_time=submission.max_running_time,
        user_id=submission.user_id,
        progress_message=None,
        progress_fraction=None,
        incumbent=None,
        error=None,
        cpu_time=None,
        waiting_reason=None,
        created_at=at,
        modified_at=at,
        queued_at=at if submission.launch else None,
        started_at=None,
        finished_at=None,
        output_bytes=None,
        event_id=1,
        wish=submission.wish,
        node_id=None,
        remote_id=None,
        node_unreachable=False,
        batch_id=submission.batch_id,
        callback_url=submission.callback_url,
        sequence=0,
    )
