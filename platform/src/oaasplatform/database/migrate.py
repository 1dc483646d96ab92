"""Bring the database up to the models, with aerich's revisions."""

from __future__ import annotations

import asyncpg
import structlog

from oaasplatform.database.config import NODE, Schema, tortoise_config
from oaasplatform.database.errors import translated
from oaasplatform.domain.errors import MigrationsPending

_LOCK = 0x0AA5_0001
"""Advisory lock: one process migrates, the others wait."""

log = structlog.get_logger(__name__)


async def migrate(dsn: str, schema: Schema = NODE, *, allowed: bool) -> None:
    """Apply pending migrations under an advisory lock; creates the database itself when it is missing.

    Raises:
        MigrationsPending: there are some, and ``allowed`` is False; the message names the command to run.
        DatabaseUnavailable: the server does not answer.
    """
    with translated():
        connection = await _connect(dsn, schema, create=allowed)
        try:
            if not await pending(connection, schema):
                return
            if not allowed:
                raise MigrationsPending(
                    "The database is older than this version and OAAS_AUTO_MIGRATE is false. "
                    f"Run `{schema.upgrade}`, then start again."
                )
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=300)
            for name in await pending(connection, schema):
                log.info("migration pending", migration=name)
            from aerich import Command  # most starts have nothing to migrate, and need not wait for it
            from aerich.models import Aerich

            # Tortoise gives a model to the first app that has it for good, and every schema has this one.
            Aerich._meta.app = None
            async with Command(
                tortoise_config(dsn, schema), app=schema.app, location=str(schema.migrations)
            ) as command:
                for name in await command.upgrade(run_in_transaction=True):
                    log.info("migration applied", migration=name)
        finally:
            await connection.close(timeout=5)


async def pending(connection: asyncpg.Connection, schema: Schema) -> list[str]:
    """Names of the migrations that the database has not seen."""
    known: set[str] = set()
    if await connection.fetchval("SELECT to_regclass('aerich')") is not None:
        rows = await connection.fetch("SELECT version FROM aerich WHERE app = $1", schema.app)
        known = {row["version"] for row in rows}
    files = (file.name for file in (schema.migrations / schema.app).glob("[0-9]*_*.py"))
    return sorted((name for name in files if name not in known), key=lambda name: int(name.split("_")[0]))


async def _connect(dsn: str, schema: Schema, *, create: bool) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except asyncpg.InvalidCatalogNameError:
        if not create:
            raise MigrationsPending(f"The database does not exist. Create it and run `{schema.upgrade}`.") from None
    arguments = tortoise_config(dsn, schema)["connections"]["default"]["credentials"]
    name = arguments["database"]
    maintenance = await asyncpg.connect(dsn, database="postgres", timeout=10)
    try:
        quoted = name.replace('"', '""')
        await maintenance.execute(f'CREATE DATABASE "{quoted}"')
        log.info("database created", database=name)
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        log.debug("another process created the database", database=name)
    finally:
        await maintenance.close(timeout=5)
    return await asyncpg.connect(dsn, timeout=10)
