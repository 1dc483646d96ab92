"""Batches: what was submitted in one request, counted, read in the order of the ends, and stopped as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.queries.execution_rows import SHARED, TERMINAL, execution_of
from oaasplatform.domain.batches import Batch, BatchFilter, Place
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.executions import Execution, ExecutionState
from oaasplatform.domain.paging import Paging

_COLUMNS = ", ".join(SHARED)
_MOST = 1000
"""Batches that are looked at together."""

# Only what goes on is counted: the counts of a batch that is over are stored with it.
_SELECT = f"""
    SELECT b.id, b.user_id, b.created_at, b.last_id IS NOT NULL AS complete, b.stopped,
        COALESCE(b.counts, counted.counts, '{{{{}}}}') AS counts, counted.done
    FROM execution_batches b LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(state, number) AS counts, sum(done)::float8 AS done FROM (
            SELECT state, count(*) AS number,
                sum(CASE WHEN {TERMINAL} THEN 1 ELSE COALESCE(progress_fraction, 0) END) AS done
            FROM (
                SELECT state, progress_fraction FROM executions WHERE batch_id = b.id AND b.counts IS NULL
                UNION ALL
                SELECT state, progress_fraction FROM execution_history
                WHERE batch_id = b.id AND id > b.id AND b.counts IS NULL
            ) AS executions GROUP BY state
        ) AS states
    ) AS counted ON true
    WHERE {{where}} ORDER BY b.id DESC LIMIT {{limit}}
"""  # noqa: S608 - constants only

# A transaction dates its ends to its own beginning, and commits later. So nothing is read that has ended after the
# oldest transaction under way began: something older may still come. One that has written nothing for long ends no
# execution, a backup for instance. What has just begun may not be listed yet.
_HORIZON = """
    SELECT LEAST(now() - interval '10 ms', min(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND (backend_xid IS NOT NULL OR xact_start > now() - interval '30 s')
"""

_ENDED = f"""
    SELECT * FROM (
        (SELECT {_COLUMNS}, waiting_reason FROM executions {{where}})
        UNION ALL
        (SELECT {_COLUMNS}, NULL::text FROM execution_history {{where}})
    ) AS found ORDER BY finished_at, id LIMIT $5
""".format(  # noqa: S608 - constants only
    where="""
        WHERE batch_id = $1 AND id > $1 AND (finished_at, id) > (COALESCE($2, '-infinity'::timestamptz), $3::bigint)
          AND finished_at < COALESCE($4, 'infinity'::timestamptz)
        ORDER BY finished_at, id LIMIT $5
    """
)

_OVER = """
    SELECT last_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM executions WHERE batch_id = $1 AND finished_at IS NULL)
    FROM execution_batches WHERE id = $1
"""

_UNFINISHED = f"""
    SELECT id FROM executions
    WHERE batch_id = $1 AND finished_at IS NULL AND id > $2 AND NOT {TERMINAL} ORDER BY id LIMIT $3
"""  # noqa: S608 - constants only

# Its sender is gone: nothing was added for so long.
_ABANDONED = """
    SELECT id FROM execution_batches b WHERE last_id IS NULL AND created_at < now() - $1::interval
        AND NOT EXISTS (SELECT FROM executions WHERE batch_id = b.id AND created_at > now() - $1::interval)
        AND NOT EXISTS (
            SELECT FROM execution_history WHERE batch_id = b.id AND id > b.id AND created_at > now() - $1::interval)
"""


class BatchQueries:
    """Reads and writes of batches."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def begin(self, user_id: str | None) -> int:
        """A batch that executions can be submitted with."""
        with translated():
            id_: int = await self._pool.fetchval(
                "INSERT INTO execution_batches (id, user_id, created_at)"
                " VALUES (nextval('executions_id_seq'), $1, now()) RETURNING id",
                user_id,
            )
        return id_

    async def complete(self, id_: int) -> dict[str, Any] | None:
        """Nothing is added any more. The error of its executions, if it was stopped meanwhile."""
        with translated():
            stopped: dict[str, Any] | None = await self._pool.fetchval(
                "UPDATE execution_batches SET last_id = (SELECT last_value FROM executions_id_seq)"
                " WHERE id = $1 AND last_id IS NULL RETURNING stopped",
                id_,
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
        return _batch(row)

    async def page(self, wanted: BatchFilter, paging: Paging) -> tuple[list[Batch], int | None]:
        """Newest first."""
        statement = _SELECT.format(
            where="($1::bigint IS NULL OR b.id < $1) AND ($2::text IS NULL OR b.user_id = $2)", limit=paging.limit + 1
        )
        with translated():
            rows = await self._pool.fetch(statement, paging.before, wanted.user_id)
        batches = [_batch(row) for row in rows[: paging.limit]]
        return batches, batches[-1].id if len(rows) > paging.limit else None

    async def ended_all(self, id_: int) -> bool:
        """Whether nothing will happen to it any more; without counting."""
        with translated():
            over: bool = await self._pool.fetchval(_OVER, id_)
        return over

    async def horizon(self) -> datetime:
        """Whatever ended before is there to be read."""
        with translated():
            at: datetime = await self._pool.fetchval(_HORIZON)
        return at

    async def ended(self, id_: int, after: Place | None, *, before: datetime | None, limit: int) -> list[Execution]:
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
            rows = await self._pool.fetch(
                _SELECT.format(where="b.counts IS NULL AND b.last_id IS NOT NULL", limit=_MOST)
            )
            over = [(row["id"], row["counts"]) for row in rows if _batch(row).ended]
            await self._pool.executemany("UPDATE execution_batches SET counts = $2 WHERE id = $1", over)


def _batch(row: asyncpg.Record) -> Batch:
    counts = {ExecutionState(state): int(number) for state, number in row["counts"].items()}
    return Batch(
        id=row["id"],
        user_id=row["user_id"],
        created_at=row["created_at"],
        complete=row["complete"],
        stopped=row["stopped"],
        counts=counts,
        done=float(sum(counts.values())) if row["done"] is None else row["done"],
    )
