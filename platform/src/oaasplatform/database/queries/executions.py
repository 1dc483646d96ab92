"""Executions, straight on asyncpg: submitting and reading. ``transitions`` has what happens in between."""

from __future__ import annotations

from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, QUEUE
from oaasplatform.database.queries.execution_rows import ACTIVE, RECORD, event_of, execution_of
from oaasplatform.domain.errors import IdempotencyMismatch, NotFound
from oaasplatform.domain.executions import Event, Execution, ExecutionFilter, ExecutionState
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.repositories import Algorithm

_EVENT_PAGE = 500

_SUBMIT = f"""
    WITH changed AS (
        INSERT INTO executions (algorithm_id, algorithm_name, repository_id, requested_instance_id, user_id, priority,
            max_running_time, max_attempts, state, queued_at, created_at, modified_at,
            attempt, losses, sequence, event_id, release_pending)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text, CASE WHEN $9::text = 'queued' THEN now() END, now(), now(),
            0, 0, -2, 1, false)
        RETURNING *
    ), input AS (
        INSERT INTO execution_inputs (execution_id, body) SELECT id, $10::bytea FROM changed
    ), key AS (
        INSERT INTO idempotency_keys (key, execution_id, request_hash, created_at)
        SELECT $11::text, id, $12::bytea, now() FROM changed WHERE $11::text IS NOT NULL
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM changed WHERE state = 'queued'
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only


_LAUNCH = f"""
    WITH changed AS (
        UPDATE executions SET state = 'queued', queued_at = now(), event_id = event_id + 1, modified_at = now()
        WHERE id = $1 AND state = 'created'
        RETURNING *
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM changed
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only

# Why does it wait? Only asked when somebody looks.
_WAITING = """
    SELECT CASE
        WHEN count(*) = 0 THEN 'No instance of the repository exists; create one.'
        WHEN count(*) FILTER (WHERE status = 'ready') > 0 THEN 'All slots of the ready instances are taken.'
        ELSE 'No instance is ready: ' || min(name || ' is ' || status || COALESCE(' (' || reason || ')', ''))
    END
    FROM instances
    WHERE purpose = 'service' AND desired <> 'absent' AND repository_id = $1 AND ($2::bigint IS NULL OR id = $2)
"""


class ExecutionQueries:
    """Submitting and reading executions."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def submit(
        self,
        algorithm: Algorithm,
        *,
        body: bytes,
        instance_id: int | None,
        user_id: str | None,
        priority: int,
        max_running_time: float | None,
        max_attempts: int,
        launch: bool,
        idempotency_key: str | None,
        request_hash: bytes,
    ) -> Execution:
        """Store an execution, queued or created; or find the one that the idempotency key has made before.

        Raises:
            IdempotencyMismatch: the key belongs to another request.
        """
        state = ExecutionState.QUEUED if launch else ExecutionState.CREATED
        arguments = (
            algorithm.id,
            algorithm.name,
            algorithm.repository_id,
            instance_id,
            user_id,
            priority,
            max_running_time,
            max_attempts,
            state.value,
            body,
            idempotency_key,
            request_hash,
        )
        with translated():
            try:
                return execution_of(await self._pool.fetchrow(_SUBMIT, *arguments))
            except asyncpg.UniqueViolationError:
                known = await self._pool.fetchrow(
                    "SELECT execution_id, request_hash FROM idempotency_keys WHERE key = $1", idempotency_key
                )
        if known["request_hash"] != request_hash:
            raise IdempotencyMismatch(f"The key belongs to execution {known['execution_id']}, which is not the same.")
        return await self.get(known["execution_id"])

    async def launch(self, id_: int) -> Execution | None:
        """Queue a created execution; None when it is not in that state."""
        with translated():
            row = await self._pool.fetchrow(_LAUNCH, id_)
        return row and execution_of(row)

    async def get(self, id_: int) -> Execution:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow("SELECT * FROM executions WHERE id = $1", id_)
        if row is None:
            raise NotFound("algorithm execution", id_)
        return execution_of(row)

    async def waiting_reason(self, execution: Execution) -> str:
        """What a queued execution waits for."""
        with translated():
            reason: str = await self._pool.fetchval(
                _WAITING, execution.algorithm_repository_id, execution.requested_instance_id
            )
        return reason

    async def page(self, wanted: ExecutionFilter, paging: Paging) -> tuple[list[Execution], int | None]:
        """Newest first."""
        conditions: list[str] = []
        arguments: list[Any] = []
        for condition, value in (
            ("id < {}", paging.before),
            ("state = ANY({})", wanted.states and list(wanted.states)),
            ("algorithm_id = {}", wanted.algorithm_id),
            ("instance_id = {}", wanted.instance_id),
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

    async def input(self, id_: int) -> bytes | None:
        """The input document."""
        return await self._document("execution_inputs", id_)

    async def output(self, id_: int) -> bytes | None:
        """The output document, once there is one."""
        return await self._document("execution_outputs", id_)

    async def log(self, id_: int) -> bytes | None:
        """What the run wrote, once it has been handed over."""
        return await self._document("execution_logs", id_)

    async def _document(self, table: str, id_: int) -> bytes | None:
        with translated():
            body: bytes | None = await self._pool.fetchval(
                f"SELECT body FROM {table} WHERE execution_id = $1",  # noqa: S608 - constant table names
                id_,
            )
        return body

    async def events(self, execution: Execution, after: int) -> list[Event]:
        """Events with numbers above ``after``, in order, at most some hundreds at a time."""
        with translated():
            rows = await self._pool.fetch(
                "SELECT event_id, created_at, snapshot FROM execution_events"
                " WHERE execution_id = $1 AND event_id > $2 ORDER BY event_id LIMIT $3",
                execution.id,
                after,
                _EVENT_PAGE,
            )
        return [event_of(row, execution) for row in rows]

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
                gone = await connection.fetchval(
                    "DELETE FROM executions WHERE id = $1 AND NOT release_pending"
                    " AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out') RETURNING id",
                    id_,
                )
                if gone is None:
                    return False
                for table in (
                    "execution_inputs",
                    "execution_outputs",
                    "execution_logs",
                    "execution_events",
                    "idempotency_keys",
                ):
                    await connection.execute(f"DELETE FROM {table} WHERE execution_id = $1", id_)  # noqa: S608
        return True
