"""Tokens that let nodes join."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from oaasplatform.database.errors import translated

# What expired long ago tells nobody anything.
_SWEEP = "DELETE FROM join_tokens WHERE expires_at < now() - interval '1 day'"
_CREATE = """
    INSERT INTO join_tokens (created_at, modified_at, hash, expires_at) VALUES (now(), now(), $1, now() + $2)
    RETURNING expires_at
"""
_USE = """
    UPDATE join_tokens SET used_by = $2, modified_at = now()
    WHERE hash = $1 AND expires_at > now() AND (used_by IS NULL OR used_by = $2)
    RETURNING true
"""


class TokenQueries:
    """Writes of tokens; only their digests are stored."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, hash_: str, life: timedelta) -> datetime:
        """Store a token; when it expires."""
        with translated():
            await self._pool.execute(_SWEEP)
            expires_at: datetime = await self._pool.fetchval(_CREATE, hash_, life)
        return expires_at

    async def use(self, hash_: str, uid: str) -> bool:
        """Give a token to a node for good; false if there is no such token, or another node has it."""
        with translated():
            return bool(await self._pool.fetchval(_USE, hash_, uid))
