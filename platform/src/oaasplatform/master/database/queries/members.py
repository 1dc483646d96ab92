"""Nodes as placement sees them: what they are, have and do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.master.domain.placement import AlgorithmKey

_ALL = """
    SELECT n.id, n.name, n.status, n.labels, n.load, array(
        SELECT ARRAY[a.repository_name, a.name, a.version]
        FROM catalogue_offers o JOIN catalogue_algorithms a ON a.id = o.algorithm_id WHERE o.node_id = n.id
    ) AS algorithms
    FROM oaas_nodes n
"""

_START_QUOTA = """
    SELECT r.each -> 'startQuota' FROM oaas_nodes n, jsonb_array_elements(n.load -> 'repositories') AS r (each)
    WHERE n.id = $1 AND r.each ->> 'name' = $2
"""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A node, and what its last heartbeat said."""

    id: int
    name: str
    status: NodeStatus
    labels: dict[str, str]
    algorithms: frozenset[AlgorithmKey]
    load: dict[str, Any]


class MemberQueries:
    """Reads of nodes for placement."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self) -> dict[int, Member]:
        """All of them, by id."""
        with translated():
            rows = await self._pool.fetch(_ALL)
        return {row["id"]: _member(row) for row in rows}

    async def start_quota(self, node_id: int, repository: str) -> dict[str, Any] | None:
        """The quota that one more instance of a repository would have on a node; None if it has no room for any."""
        with translated():
            quota: dict[str, Any] | None = await self._pool.fetchval(_START_QUOTA, node_id, repository)
        return quota


def _member(row: asyncpg.Record) -> Member:
    return Member(
        id=row["id"],
        name=row["name"],
        status=NodeStatus(row["status"]),
        labels=row["labels"],
        algorithms=frozenset(AlgorithmKey(*each) for each in row["algorithms"]),
        load=row["load"],
    )
