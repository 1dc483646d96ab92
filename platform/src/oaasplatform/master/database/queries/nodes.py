"""Nodes that have joined."""

from __future__ import annotations

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.paging import Paging
from oaasplatform.master.domain.nodes import MemberNode, NodeFilter, NodeStatus

_COLUMNS = """
    id, uid, name, description, owner, base_url, ip_address_or_dns, ip_port, labels, status, last_seen_at, clock_skew,
    version, resources, load, created_at, modified_at
"""
_GET = f"SELECT {_COLUMNS} FROM oaas_nodes WHERE id = $1"  # noqa: S608 - constants only
_PAGE = f"""
    SELECT {_COLUMNS} FROM oaas_nodes
    WHERE ($1::text IS NULL OR name = $1) AND ($2::text IS NULL OR status = $2) AND ($3::bigint IS NULL OR id < $3)
    ORDER BY id DESC LIMIT $4
"""  # noqa: S608 - constants only


def _node(row: asyncpg.Record) -> MemberNode:
    return MemberNode(**{**row, "status": NodeStatus(row["status"])})


class NodeQueries:
    """Reads and writes of nodes."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, id_: int) -> MemberNode:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow(_GET, id_)
        if row is None:
            raise NotFound("node", id_)
        return _node(row)

    async def page(self, wanted: NodeFilter, paging: Paging) -> tuple[list[MemberNode], int | None]:
        """Newest first, with the cursor of the next page."""
        with translated():
            rows = await self._pool.fetch(_PAGE, wanted.name, wanted.status, paging.before, paging.limit + 1)
        nodes = [_node(row) for row in rows[: paging.limit]]
        return nodes, nodes[-1].id if len(rows) > paging.limit else None

    async def count_by_status(self) -> dict[str, int]:
        """How many nodes there are, by each status."""
        with translated():
            rows = await self._pool.fetch("SELECT status, count(*) FROM oaas_nodes GROUP BY 1")
        counts = {status.value: 0 for status in NodeStatus}
        return counts | {str(status): int(count) for status, count in rows}
