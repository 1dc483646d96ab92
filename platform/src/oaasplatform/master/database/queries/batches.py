"""Batches: what was submitted in one request, counted, read in the order of the ends, and stopped as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.queries.batches import HORIZON, batch_of
from oaasplatform.domain.batches import Batch, BatchFilter, Place
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.paging import Paging
from oaasplatform.master.database.queries.execution_rows import TERMINAL, execution_of
from oaasplatform.master.domain.executions import FederatedExecution

_MOST = 1000
"""Batches that are looked at together."""

# Only what goes on is counted: the counts of a batch that is over are stored with it.
_SELECT = f"""
    SELECT b.id, b.user_id, b.created_at, b.complete, b.stopped,
        COALESCE(b.counts, counted.counts, '{{{{}}}}') AS counts, counted.done
    FROM execution_batches b LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(state, number) AS counts, sum(done)::float8 AS done FROM (
            SELECT state, count(*) AS number, sum(
                CASE WHEN {TERMINAL} THEN 1 ELSE COALESCE((report ->> 'progressFraction')::float8, 0) END) AS done
            FROM executions WHERE batch_id = b.id AND b.counts IS NULL GROUP BY state
        ) AS states
    ) AS counted ON true
    WHERE {{where}} ORDER BY b.id DESC LIMIT {{limit}}
"""  # noqa: S608 - constants only

_ENDED = """
    SELECT * FROM executions
    WHERE batch_id = $1 AND finished_at IS NOT NULL
      AND (finished_at, id) > (COALESCE($2, '-infinity'::timestamptz), $3::bigint)
      AND finished_at < COALESCE($4, 'infinity'::timestamptz)
    ORDER BY finished_at, id LIMIT $5
"""

_OVER = """
    SELECT complete AND NOT EXISTS (SELECT FROM executions WHERE batch_id = $1 AND finished_at IS NULL)
    FROM execution_batches WHERE id = $1
"""

_UNFINISHED = """
    SELECT id FROM executions WHERE batch_id = $1 AND finished_at IS NULL AND id > $2 ORDER BY id LIMIT $3
"""

_ABANDONED = """
    SELECT id FROM execution_batches b WHERE NOT complete AND created_at < now() - $1::interval
        AND NOT EXISTS (SELECT FROM executions WHERE batch_id = b.id AND created_at > now() - $1::interval)
"""


class BatchQueries:
    """Reads and writes of batches. See :class:`~oaasplatform.services.batch_stores.BatchQueries`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def begin(self, user_id: str | None) -> int:
        """A batch that executions can be submitted with."""
        with translated():
            id_: int = await self._pool.fetchval(
                "INSERT INTO execution_batches (id, user_id, created_at, complete)"
                " VALUES (nextval('addresses'), $1, now(), false) RETURNING id",
                user_id,
            )
        return id_

    async def complete(self, id_: int) -> dict[str, Any] | None:
        """Nothing is added any more. The error of its executions, if it was stopped meanwhile."""
        with translated():
            stopped: dict[str, Any] | None = await self._pool.fetchval(
                "UPDATE execution_batches SET complete = true WHERE id = $1 AND NOT complete RETURNING stopped", id_
            )
        return stopped

    async def stop(self, id_: int, error: dict[str, Any]) -> None:
        """Note that its executions are to end with this error; the first one holds."""
        with translated():
            await self._pool.execute(
                "UPDATE execution_batches SET stopped = $2 WHERE id = $1 AND stopped IS NULL", id_, error
            )

    async def get(self, id_: int) -> Batch:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow(_SELECT.format(where="b.id = $1", limit=1), id_)
        if row is None:
            raise NotFound("batch", id_)
        return batch_of(row)

    async def page(self, wanted: BatchFilter, paging: Paging) -> tuple[list[Batch], int | None]:
        """Newest first."""
        statement = _SELECT.format(
            where="($1::bigint IS NULL OR b.id < $1) AND ($2::text IS NULL OR b.user_id = $2)", limit=paging.limit + 1
        )
        with translated():
            rows = await self._pool.fetch(statement, paging.before, wanted.user_id)
        batches = [batch_of(row) for row in rows[: paging.limit]]
        return batches, batches[-1].id if len(rows) > paging.limit else None

    async def ended_all(self, id_: int) -> bool:
        """Whether nothing will happen to it any more; without counting."""
        with translated():
            over: bool = await self._pool.fetchval(_OVER, id_)
        return over

    async def horizon(self) -> datetime:
        """Whatever ended before is there to be read."""
        with translated():
            at: datetime = await self._pool.fetchval(HORIZON)
        return at

    async def ended(
        self, id_: int, after: Place | None, *, before: datetime | None, limit: int
    ) -> list[FederatedExecution]:
        """Executions that have ended, in the order of their ends; ``before``: a horizon, None if nothing will come."""
        place = (None, 0) if after is None else (after.finished_at, after.execution_id)
        with translated():
            rows = await self._pool.fetch(_ENDED, id_, *place, before, limit)
        return [execution_of(row) for row in rows]

    async def unfinished(self, id_: int, after: int, limit: int) -> list[int]:
        """Ids above ``after`` of executions that have not ended, in order."""
        with translated():
            return [row["id"] for row in await self._pool.fetch(_UNFINISHED, id_, after, limit)]

    async def abandoned(self, age: timedelta) -> list[int]:
        """Batches that are not complete, and got nothing for so long."""
        with translated():
            return [row["id"] for row in await self._pool.fetch(_ABANDONED, age)]

    async def settle(self) -> None:
        """Store the counts of those that are over."""
        with translated():
            rows = await self._pool.fetch(_SELECT.format(where="b.counts IS NULL AND b.complete", limit=_MOST))
            over = [(row["id"], row["counts"]) for row in rows if batch_of(row).ended]
            await self._pool.executemany("UPDATE execution_batches SET counts = $2 WHERE id = $1", over)
