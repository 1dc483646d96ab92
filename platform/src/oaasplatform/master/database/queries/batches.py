"""Batches: executions that were submitted together. What they are is in the executions; here are sums."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.executions import ExecutionState
from oaasplatform.domain.paging import Paging
from oaasplatform.master.database.queries.execution_rows import execution_of
from oaasplatform.master.domain.executions import BatchCounts, FederatedExecution

_COMMIT_SECONDS = 1
"""How much later than another one an end may be committed that has the earlier time."""

_CREATE = """
    INSERT INTO batches (id, created_at, modified_at, user_id) VALUES (nextval('addresses'), now(), now(), $1)
    RETURNING id
"""
_GET = "SELECT id, created_at, user_id FROM batches WHERE id = $1"
_PAGE = """
    SELECT id, created_at, user_id FROM batches
    WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR user_id = $2) ORDER BY id DESC LIMIT $3
"""
_COUNT = "SELECT batch_id, state, count(*) FROM executions WHERE batch_id = ANY($1) GROUP BY 1, 2"
_OPEN = "SELECT id FROM executions WHERE batch_id = $1 AND finished_at IS NULL ORDER BY id LIMIT $2"
# Commits don't come in the order of their times: as long as there may be more, the very newest ends are left for later.
_RESULTS = f"""
    SELECT * FROM executions
    WHERE batch_id = $1 AND finished_at IS NOT NULL AND (finished_at, id) > ($2, $3)
      AND (finished_at < now() - interval '{_COMMIT_SECONDS} s'
        OR NOT EXISTS (SELECT FROM executions WHERE batch_id = $1 AND finished_at IS NULL))
    ORDER BY finished_at, id LIMIT $4
"""  # noqa: S608 - constants only


class BatchQueries:
    """Reads and writes of batches."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, user_id: str | None) -> int:
        """An empty one; its id."""
        with translated():
            id_: int = await self._pool.fetchval(_CREATE, user_id)
        return id_

    async def get(self, id_: int) -> BatchCounts:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow(_GET, id_)
        if row is None:
            raise NotFound("batch", id_)
        return (await self._counted([row]))[0]

    async def page(self, user_id: str | None, paging: Paging) -> tuple[list[BatchCounts], int | None]:
        """Newest first."""
        with translated():
            rows = await self._pool.fetch(_PAGE, paging.before, user_id, paging.limit + 1)
        batches = await self._counted(rows[: paging.limit])
        return batches, batches[-1].id if len(rows) > paging.limit else None

    async def open(self, id_: int, limit: int) -> list[int]:
        """Executions of a batch that are not over, some at a time."""
        with translated():
            return [row["id"] for row in await self._pool.fetch(_OPEN, id_, limit)]

    async def results(self, id_: int, after: tuple[datetime, int], limit: int) -> list[FederatedExecution]:
        """Executions that are over, in the order of their ends, after that of some time and id."""
        with translated():
            return [execution_of(row) for row in await self._pool.fetch(_RESULTS, id_, *after, limit)]

    async def _counted(self, rows: list[asyncpg.Record]) -> list[BatchCounts]:
        states: dict[int, dict[ExecutionState, int]] = {row["id"]: {} for row in rows}
        with translated():
            for row in await self._pool.fetch(_COUNT, list(states)):
                states[row["batch_id"]][ExecutionState(row["state"])] = row["count"]
        return [
            BatchCounts(id=row["id"], user_id=row["user_id"], created_at=row["created_at"], states=states[row["id"]])
            for row in rows
        ]
