"""Nodes that have joined."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, Listener
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.paging import Paging
from oaasplatform.master.domain.nodes import Beat, Contact, MemberNode, NodeFilter, NodeStatus

NODES = "nodes"
"""Topic: a node has come, gone, or changed its status."""
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

_JOIN = f"""
    INSERT INTO oaas_nodes (created_at, modified_at, uid, name, description, owner, base_url, ip_address_or_dns,
        ip_port, labels, key_hash, sealed_key, status, last_seen_at, version, load)
    VALUES (now(), now(), $1, $2, $3, $4, $5, $6, $7, '{{}}', $8, $9, 'ready', now(), $10, '{{}}')
    ON CONFLICT (uid) DO UPDATE SET modified_at = now(), name = $2, base_url = $5, ip_address_or_dns = $6, ip_port = $7,
        key_hash = $8, sealed_key = $9, status = 'ready', last_seen_at = now(), version = $10, catalogue_revision = NULL
    RETURNING {_COLUMNS}
"""  # noqa: S608 - constants only
_UPDATE = f"""
    UPDATE oaas_nodes SET modified_at = now(), name = COALESCE($2, name), description = COALESCE($3, description),
        owner = COALESCE($4, owner), labels = COALESCE($5, labels)
    WHERE id = $1 RETURNING {_COLUMNS}
"""  # noqa: S608 - constants only
_BEAT = """
    UPDATE oaas_nodes n SET last_seen_at = now(), status = $3, clock_skew = $4, version = $5, resources = $6, load = $7
    FROM (SELECT id, status FROM oaas_nodes WHERE id = $1 AND key_hash = $2 FOR UPDATE) AS before
    WHERE n.id = before.id RETURNING before.status AS before, n.catalogue_revision
"""
_SILENT = """
    UPDATE oaas_nodes SET status = 'unreachable'
    WHERE status <> 'unreachable' AND last_seen_at < now() - $1::interval
    RETURNING id, name, last_seen_at
"""
_CONTACT = "SELECT id, name, status, base_url, uid, sealed_key, last_seen_at FROM oaas_nodes WHERE id = $1"
_DELETE = "DELETE FROM oaas_nodes WHERE id = $1 AND ($2::text IS NULL OR key_hash = $2) RETURNING true"


def _node(row: asyncpg.Record) -> MemberNode:
    return MemberNode(**{**row, "status": NodeStatus(row["status"])})


class NodeQueries:
    """Reads and writes of nodes."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener) -> None:
        self._pool = pool
        self._listener = listener

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

    async def join(
        self,
        *,
        uid: str,
        name: str,
        description: str,
        owner: str,
        base_url: str,
        host: str,
        port: int,
        key_hash: str,
        sealed_key: bytes,
        version: str,
    ) -> MemberNode:
        """Take a node in; one that is known by its ``uid`` keeps its id, and what people said about it."""
        fields = (uid, name, description, owner, base_url, host, port, key_hash, sealed_key, version)
        with translated():
            node = _node(await self._pool.fetchrow(_JOIN, *fields))
            await self._changed()
        return node

    async def update(self, id_: int, changes: dict[str, Any]) -> MemberNode:
        """Change what people say about a node. Raises ``NotFound``."""
        fields = (changes.get(field) for field in ("name", "description", "owner", "labels"))
        with translated():
            row = await self._pool.fetchrow(_UPDATE, id_, *fields)
            if row is None:
                raise NotFound("node", id_)
            await self._changed()
        return _node(row)

    async def beat(self, id_: int, key_hash: str, beat: Beat) -> tuple[NodeStatus, str | None] | None:
        """Note a heartbeat: what the status was before, and the revision of the catalogue that is known.

        None if the key is not the node's.
        """
        fields = (beat.status, beat.clock_skew, beat.version, beat.resources, beat.load)
        with translated():
            row = await self._pool.fetchrow(_BEAT, id_, key_hash, *fields)
            if row is None:
                return None
            before = NodeStatus(row["before"])
            if before is not beat.status:
                await self._changed()
        return before, row["catalogue_revision"]

    async def mark_silent(self, seconds: float) -> list[tuple[int, str, datetime]]:
        """Nodes that have just become unreachable: id, name, and when they were last heard."""
        with translated():
            rows = await self._pool.fetch(_SILENT, timedelta(seconds=seconds))
            if rows:
                await self._changed()
        return [tuple(row) for row in rows]

    async def contact(self, id_: int) -> Contact | None:
        """How to reach a node, if there is such a node."""
        with translated():
            row = await self._pool.fetchrow(_CONTACT, id_)
        return None if row is None else Contact(**{**row, "status": NodeStatus(row["status"])})

    async def delete(self, id_: int, *, key_hash: str | None = None) -> bool:
        """Forget a node; false if there is none, or the key is not the node's."""
        with translated():
            deleted = await self._pool.fetchval(_DELETE, id_, key_hash)
            await self._changed()
        return bool(deleted)

    async def _changed(self) -> None:
        await self._pool.execute("SELECT pg_notify($1, $2)", CHANNEL, NODES)
        self._listener.wake(NODES)
