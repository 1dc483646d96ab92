"""The embedded PostgreSQL survives what happens to nodes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
import pytest

from oaasplatform.database.database import Database
from oaasplatform.database.embedded import EmbeddedPostgres
from oaasplatform.domain.errors import DatabaseUnavailable, MigrationsPending

NODE = """
import asyncio, sys
from pathlib import Path
from oaasplatform.database.embedded import EmbeddedPostgres
from oaasplatform.domain.errors import DatabaseUnavailable, MigrationsPending
async def main():
    print(await EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_a_killed_node_loses_nothing(shared_dir: Path) -> None:
    home = shared_dir / "killed"
    node = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NODE, str(home), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert node.stdout is not None
    lines = [await node.stdout.readline()]
    while not lines[-1].startswith(b"postgres://"):
        lines.append(await node.stdout.readline())
    dsn = lines[-1].decode().strip()
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE t AS SELECT 42 AS x")
    os.killpg(node.pid, signal.SIGKILL)
    await node.wait()
    # The server goes on, and the next node takes it over.
    assert await connection.fetchval("SELECT x FROM t") == 42
    await connection.close()
    server = EmbeddedPostgres(home)
    again = await asyncpg.connect(await server.start())
    assert await again.fetchval("SELECT x FROM t") == 42
    await again.close()
    await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as whoever starts it, if that is not root")
async def test_a_private_data_directory_of_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(DatabaseUnavailable, match=r"can't enter .* Choose a data directory outside of private folders"):
        await EmbeddedPostgres(tmp_path / "data").start()


async def test_a_killed_server_is_restarted(shared_dir: Path) -> None:
    database = Database(None, shared_dir / "restarted", auto_migrate=True)
    await database.open()
    try:
        node = await database.nodes.get_or_create("n")
        pid = int((shared_dir / "restarted" / "postgresql" / "18" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            while True:
                try:
                    assert (await database.nodes.get_or_create("n")).uid == node.uid
                    await database.ping()
                    break
                except Exception:  # noqa: BLE001 - it is down for a moment
                    await asyncio.sleep(0.1)
    finally:
        await database.close()


async def test_a_long_path_is_no_obstacle(shared_dir: Path) -> None:
    """Paths of Unix sockets are short; those of data directories need not be."""
    for length in range(85, 100, 5):
        home = shared_dir / ("x" * (length - len(str(shared_dir / "postgresql" / "socket")) - 1))
        server = EmbeddedPostgres(home)
        connection = await asyncpg.connect(await server.start())
        await connection.close()
        await server.stop()


async def test_a_node_that_refuses_to_migrate_leaves_the_server_for_aerich(shared_dir: Path) -> None:
    home = shared_dir / "refuses"
    refusing = Database(None, home, auto_migrate=False)
    with pytest.raises(MigrationsPending, match="aerich upgrade"):
        await refusing.open()
    await refusing.close()
    aerich = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "aerich"), "upgrade"),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OAAS_DATA_DIR": str(home)},
    )
    assert await aerich.wait() == 0
    migrated = Database(None, home, auto_migrate=False)
    await migrated.open()
    await migrated.close()
