"""Migrations: applied on start, safe for several nodes at once, in agreement with the models, usable by hand."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import asyncpg
import pytest

from oaasplatform.database.config import NODE, Schema, external_dsn, tortoise_config
from oaasplatform.database.database import Database
from oaasplatform.database.migrate import migrate
from oaasplatform.domain.errors import DatabaseUnavailable, MigrationsPending, SettingsInvalid
from oaasplatform.master.database.config import MASTER
from oaasplatform.settings import load_settings

SCHEMAS = [NODE, MASTER]
PLATFORM = Path(__file__).parents[2]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.app)
async def test_models_and_migrations_agree(schema: Schema, fresh_dsn: str, tmp_path: Path) -> None:
    """After all migrations, aerich finds nothing to migrate."""
    await migrate(fresh_dsn, schema, allowed=True)
    shutil.copytree(schema.migrations, tmp_path / "migrations")
    package = schema.models.removesuffix(".models")
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.aerich]\ntortoise_orm = "{package}.config.TORTOISE_ORM"\nlocation = "./migrations"\n'
        'src_folder = "./."\n'
    )
    assert "No changes detected" in await _aerich(fresh_dsn, tmp_path, "migrate", "--name", "drift")


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.app)
async def test_tables_are_those_of_the_models(schema: Schema, fresh_dsn: str, postgres: str) -> None:
    """What the migrations make equals what the models would make from nothing."""
    from tortoise import Tortoise

    await migrate(fresh_dsn, schema, allowed=True)
    migrated = await _columns(fresh_dsn)
    direct = fresh_dsn.replace("/test_", "/direct_")
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'CREATE DATABASE "{direct.split("/")[-1].split("?")[0]}"')
    await admin.close()
    await Tortoise.init(config=tortoise_config(direct, schema, migrating=False), _enable_global_fallback=True)
    await Tortoise.generate_schemas(safe=False)
    await Tortoise.close_connections()
    assert migrated == await _columns(direct)


async def test_several_nodes_start_at_once(fresh_dsn: str) -> None:
    script = (
        "import asyncio, sys; from oaasplatform.database.migrate import migrate;"
        "asyncio.run(migrate(sys.argv[1], allowed=True))"
    )
    starts = [await asyncio.create_subprocess_exec(sys.executable, "-c", script, fresh_dsn) for _ in range(4)]
    assert await asyncio.gather(*(start.wait() for start in starts)) == [0] * 4


async def test_without_auto_migrate_the_node_names_the_command(fresh_dsn: str, shared_dir: Path) -> None:
    database = Database(fresh_dsn, shared_dir, auto_migrate=False)
    with pytest.raises(MigrationsPending, match="aerich upgrade"):
        await database.open()
    await migrate(fresh_dsn, allowed=True)
    await database.open()
    await database.ping()
    await database.close()


@pytest.mark.parametrize(("schema", "options"), [(NODE, ()), (MASTER, ("-c", "master.toml"))], ids=["node", "master"])
async def test_aerich_by_hand(schema: Schema, options: tuple[str, ...], fresh_dsn: str, postgres: str) -> None:
    """``aerich upgrade`` on an empty database, then the node has nothing to do."""
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'CREATE DATABASE "{fresh_dsn.split("/test_")[1].split("?")[0].join(["test_", ""])}"')
    await admin.close()
    for command in ("upgrade", "heads", "history"):
        await _aerich(fresh_dsn, PLATFORM, *options, command)
    await migrate(fresh_dsn, schema, allowed=False)


@pytest.mark.parametrize("url", ["mysql://u:p@h/d", "mariadb://u:p@h/d", "sqlite://x", "nonsense"])
def test_other_databases_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsInvalid, match="only PostgreSQL"):
        external_dsn(load_settings())


def test_settings_make_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, value in {"IP": "db", "USER": "o", "PASSWORD": "p@/:", "DB": "oaas", "PORT": "5433"}.items():
        monkeypatch.setenv(f"POSTGRES_{name}", value)
    assert external_dsn(load_settings()) == "postgres://o:p%40%2F%3A@db:5433/oaas"


async def test_a_server_that_is_not_there(shared_dir: Path) -> None:
    database = Database("postgres://u:p@127.0.0.1:1/d", shared_dir, auto_migrate=True)
    with pytest.raises(DatabaseUnavailable):
        await database.open()


async def _aerich(dsn: str, directory: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "aerich"),
        *arguments,
        cwd=directory,
        env={**os.environ, "DATABASE_URL": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def _columns(dsn: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        columns = await connection.fetch(
            "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length"
            " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'aerich'"
            " AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition) ORDER BY 1, 2"
        )
        indexes = await connection.fetch(
            "SELECT tablename, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes"
            " WHERE schemaname = 'public' AND tablename <> 'aerich'"
            " AND tablename NOT IN (SELECT relname FROM pg_class WHERE relispartition)"
            # Tortoise knows neither keys of two columns nor indexes on expressions.
            " AND indexname NOT IN ('execution_events_pkey', 'document_parts_pkey', 'executions_users') ORDER BY 1, 2"
        )
    finally:
        await connection.close()
    return [tuple(row) for row in [*columns, *indexes]]
