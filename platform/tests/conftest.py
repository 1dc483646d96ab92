"""What all tests of the platform share: a directory that PostgreSQL may enter, a server, databases."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from oaasplatform.database.database import Database
from oaasplatform.database.embedded import EmbeddedPostgres


@pytest.fixture(scope="session")
def shared_dir() -> Iterator[Path]:
    """A directory that other users can enter (pytest's own are private): PostgreSQL never runs as root."""
    path = Path(tempfile.mkdtemp(prefix="oaas-tests-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(shared_dir: Path) -> AsyncIterator[str]:
    """URL of a PostgreSQL server that all tests share."""
    server = EmbeddedPostgres(shared_dir / "server")
    yield await server.start()
    await server.stop()


@pytest.fixture
def fresh_dsn(postgres: str) -> str:
    """URL of a database that does not exist yet."""
    parts = urlsplit(postgres)
    return urlunsplit(parts._replace(path=f"/test_{uuid.uuid4().hex[:12]}"))


@pytest.fixture
async def database(fresh_dsn: str, shared_dir: Path) -> AsyncIterator[Database]:
    """An open, migrated, empty database."""
    database = Database(fresh_dsn, shared_dir, auto_migrate=True)
    await database.open()
    yield database
    await database.close()
