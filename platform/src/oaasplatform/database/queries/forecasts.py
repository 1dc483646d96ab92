"""Why executions wait, and how long. Only asked when somebody looks."""

from __future__ import annotations

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.domain.executions import Forecast

_COUNTED = 10_000
_RUNS = 20
"""Runs whose mean length counts."""

_FORECAST = f"""
    SELECT
        (SELECT CASE
            WHEN count(*) = 0 THEN 'No instance of the repository exists; create one.'
            WHEN count(*) FILTER (WHERE status = 'ready') > 0 THEN 'All slots of the ready instances are taken.'
            ELSE 'No instance is ready: ' || min(name || ' is ' || status || COALESCE(' (' || reason || ')', ''))
        END FROM instances
        WHERE purpose = 'service' AND desired <> 'absent' AND repository_id = $1 AND ($2::bigint IS NULL OR id = $2)
        ) AS reason,
        (SELECT count(*) FROM (
            SELECT FROM executions WHERE state = 'queued' AND repository_id = $1 AND (rank, id) < ($4, $5)
            LIMIT {_COUNTED}) AS ahead
        ) AS ahead,
        (SELECT sum(concurrency) FROM instances
        WHERE purpose = 'service' AND status = 'ready' AND desired = 'running' AND repository_id = $1
            AND ($2::bigint IS NULL OR id = $2)) AS slots,
        (SELECT avg(extract(epoch FROM finished_at - started_at))::float8 FROM (
            SELECT started_at, finished_at FROM execution_history
            WHERE algorithm_id = $3 AND state = 'succeeded' ORDER BY id DESC LIMIT {_RUNS}) AS runs
        ) AS seconds
"""  # noqa: S608 - constants only


class ForecastQueries:
    """Looks ahead."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, execution_id: int) -> Forecast | None:
        """What a queued execution has to expect; None when it is not queued."""
        with translated():
            row = await self._pool.fetchrow(
                "SELECT repository_id, requested_instance_id, algorithm_id, rank, waiting_reason FROM executions"
                " WHERE id = $1 AND state = 'queued'",
                execution_id,
            )
        if row is None:
            return None
        where = (row["repository_id"], row["requested_instance_id"], row["algorithm_id"])
        return await self.at(*where, rank=row["rank"], before=execution_id, reason=row["waiting_reason"])

    async def at(
        self,
        repository_id: int,
        instance_id: int | None,
        algorithm_id: int,
        *,
        rank: float,
        before: int = 2**63 - 1,
        reason: str | None = None,
    ) -> Forecast:
        """The same for a place in the queue. ``instance_id``: the only one that may run it."""
        with translated():
            row = await self._pool.fetchrow(_FORECAST, repository_id, instance_id, algorithm_id, rank, before)
        position = row["ahead"] + 1
        seconds = None if row["seconds"] is None or not row["slots"] else row["seconds"] * position / row["slots"]
        return Forecast(reason=reason or row["reason"], position=position, seconds=seconds)
