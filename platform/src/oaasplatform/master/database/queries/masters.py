"""The row of the master itself."""

from __future__ import annotations

import uuid
from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.master.domain.masters import Master

_COLUMNS = "uid, name, description, owner, created_at, modified_at"
_READ = f"SELECT {_COLUMNS} FROM masters WHERE id = 1"  # noqa: S608 - constants only
_CREATE = """
    INSERT INTO masters (id, created_at, modified_at, uid, name, description, owner, term)
    VALUES (1, now(), now(), $1, $2, '', '', 0)
    ON CONFLICT DO NOTHING
"""
_UPDATE = f"""
    UPDATE masters SET modified_at = now(), name = COALESCE($1, name), description = COALESCE($2, description),
        owner = COALESCE($3, owner)
    WHERE id = 1 RETURNING {_COLUMNS}
"""  # noqa: S608 - constants only


class MasterQueries:
    """Reads and writes of the master."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get_or_create(self, name: str) -> Master:
        """The master; made with a fresh ``uid`` at the first start."""
        with translated():
            row = await self._pool.fetchrow(_READ)
            if row is None:
                await self._pool.execute(_CREATE, uuid.uuid4().hex, name)
                row = await self._pool.fetchrow(_READ)
        return Master(**row)

    async def update(self, changes: dict[str, Any]) -> Master:
        """Change what people are told."""
        fields = (changes.get(field) for field in ("name", "description", "owner"))
        with translated():
            return Master(**await self._pool.fetchrow(_UPDATE, *fields))
