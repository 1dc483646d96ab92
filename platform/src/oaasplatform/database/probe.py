"""Ask a PostgreSQL server who it is, without a pool and without changing anything."""

from __future__ import annotations

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.domain.errors import DatabaseUnavailable

_SECONDS = 5.0


async def probe(dsn: str) -> str:
    """A sentence about the server.

    Raises:
        DatabaseUnavailable: it does not answer or refuses us, with its own words.
    """
    with translated():
        try:
            connection = await asyncpg.connect(dsn, timeout=_SECONDS)
        except asyncpg.InvalidCatalogNameError:
            return "PostgreSQL answers; the database is made at the first start"
        except asyncpg.PostgresError as error:
            raise DatabaseUnavailable(f"PostgreSQL refuses: {error}") from error
        try:
            version = await connection.fetchval("SHOW server_version", timeout=_SECONDS)
        finally:
            await connection.close(timeout=_SECONDS)
    return f"PostgreSQL {version} answers"
