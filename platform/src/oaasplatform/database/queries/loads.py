"""How busy the node is, for a master to choose by."""

from __future__ import annotations

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.queries.execution_rows import TAKEN, TAKES
from oaasplatform.domain.loads import RepositoryUse
from oaasplatform.domain.quotas import parse_quota

_COUNTED = 10_000
"""A longer queue counts as one of this length."""

_USES = f"""
    WITH queue AS (
        SELECT repository_id, count(*) AS length
        FROM (SELECT repository_id FROM executions WHERE state = 'queued' LIMIT {_COUNTED}) AS counted
        GROUP BY 1
    ), ready AS (
        SELECT i.repository_id, count(*) AS instances, sum(i.concurrency) AS slots,
            sum(GREATEST(i.concurrency - {TAKEN}, 0)) AS free
        FROM instances i WHERE {TAKES} AND i.purpose = 'service' GROUP BY 1
    )
    SELECT r.name, COALESCE(ready.instances, 0) AS instances, COALESCE(ready.slots, 0)::int AS slots,
        COALESCE(ready.free, 0)::int AS free, COALESCE(queue.length, 0) AS queued,
        (SELECT q.quota FROM instances q
        WHERE q.repository_id = r.id AND q.purpose = 'service' ORDER BY q.id DESC LIMIT 1) AS quota
    FROM algorithm_repositories r
    LEFT JOIN ready ON ready.repository_id = r.id LEFT JOIN queue ON queue.repository_id = r.id
    WHERE r.status = 'ready' ORDER BY r.id
"""  # noqa: S608 - constants only

_REVISION = """
    SELECT md5(COALESCE(string_agg(concat_ws(' ', id, name, status, modified_at), ',' ORDER BY id), ''))
    FROM algorithm_repositories
"""

_OF_MASTER = """
    SELECT count(*) FROM executions e JOIN idempotency_keys k ON k.execution_id = e.id
    WHERE k.key LIKE $1 || '-%' AND e.state IN ('created', 'queued', 'starting', 'running')
"""


class LoadQueries:
    """Counts."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def uses(self) -> list[RepositoryUse]:
        """Of each ready repository."""
        with translated():
            rows = await self._pool.fetch(_USES)
        return [
            RepositoryUse(**{**row, "quota": None if row["quota"] is None else parse_quota(row["quota"])})
            for row in rows
        ]

    async def catalogue_revision(self) -> str:
        """Changes whenever the algorithms of the node do."""
        with translated():
            revision: str = await self._pool.fetchval(_REVISION)
        return revision

    async def submitted_by(self, master_uid: str) -> int:
        """Executions of a master that are not over: it begins its idempotency keys with its ``uid``."""
        with translated():
            count: int = await self._pool.fetchval(_OF_MASTER, master_uid)
        return count
