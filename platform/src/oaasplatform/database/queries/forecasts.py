"""Why executions wait, and how long. Only asked when somebody looks."""

from __future__ import annotations

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.queries.execution_rows import taken
from oaasplatform.domain.executions import Forecast

_COUNTED = 10_000
_RUNS = 20
"""Runs whose mean length counts."""

_FORECAST = f"""
    SELECT
        (SELECT CASE
            WHEN count(*) = 0 THEN 'No instance of the repository exists; create one.'
            WHEN count(*) FILTER (WHERE status = 'ready') > 0 THEN COALESCE(
                (SELECT 'The repository runs ' || r.max_concurrent_executions || ' executions at a time'
                    ' (maxConcurrentExecutions), and as many run.' FROM algorithm_repositories r
                WHERE r.id = $1 AND {taken("e.repository_id = r.id")} >= r.max_concurrent_executions),
                CASE WHEN {taken("e.user_id = $6")} >= $7::int THEN
                    'The user has ' || $7::int || ' executions at a time (OAAS_USER_LIMIT), and as many run.' END,
                'All slots of the ready instances are taken.')
            ELSE 'No instance is ready: ' || min(name || ' is ' || status || COALESCE(' (' || reason || ')', ''))
        END FROM instances
        WHERE purpose = 'service' AND desired <> 'absent' AND repository_id = $1 AND ($2::bigint IS NULL OR id = $2)
        ) AS reason,
        (SELECT count(*) FROM (
            SELECT FROM executions WHERE state = 'queued' AND repository_id = $1 AND (rank, id) < ($4, $5)
            LIMIT {_COUNTED}) AS ahead
        ) AS ahead,
        (SELECT LEAST(sum(concurrency), (SELECT max_concurrent_executions FROM algorithm_repositories WHERE id = $1))
        FROM instances
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

    async def of(self, execution_id: int, *, user_limit: int | None = None) -> Forecast | None:
        """What a queued execution has to expect; None when it is not queued.

        ``user_limit``: executions that a user has at the same time, at most.
        """
        with translated():
            row = await self._pool.fetchrow(
                "SELECT repository_id, requested_instance_id, algorithm_id, user_id, rank, waiting_reason"
                " FROM executions WHERE id = $1 AND state = 'queued'",
                execution_id,
            )
        if row is None:
            return None
        return await self.at(
            row["repository_id"],
            row["requested_instance_id"],
            row["algorithm_id"],
            user_id=row["user_id"],
            user_limit=user_limit,
            rank=row["rank"],
            before=execution_id,
            reason=row["waiting_reason"],
        )

    async def at(
        self,
        repository_id: int,
        instance_id: int | None,
        algorithm_id: int,
        *,
        user_id: str | None,
        user_limit: int | None,
        rank: float,
        before: int = 2**63 - 1,
        reason: str | None = None,
    ) -> Forecast:
        """The same for a place in the queue. ``instance_id``: the only one that may run it."""
        with translated():
            row = await self._pool.fetchrow(
                _FORECAST, repository_id, instance_id, algorithm_id, rank, before, user_id, user_limit
            )
        position = row["ahead"] + 1
        seconds = None if row["seconds"] is None or not row["slots"] else row["seconds"] * position / row["slots"]
        return Forecast(reason=reason or row["reason"], position=position, seconds=seconds)
