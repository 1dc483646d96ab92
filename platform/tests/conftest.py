"""What all tests of the platform share: a directory that PostgreSQL may enter, a server, databases."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from oaasplatform.database.database import Database
from oaasplatform.database.embedded import EmbeddedPostgres
from oaasplatform.runtimes.docker import engine_answers


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


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """A Docker engine that answers; without one the test is skipped, or fails where Docker is required."""
    reason = asyncio.run(engine_answers())
    if reason is None:
        return
    if os.environ.get("OAAS_REQUIRE_DOCKER") == "1":
        pytest.fail(f"OAAS_REQUIRE_DOCKER=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def base_image(docker_engine: None) -> str:
    """An image with Python to build on: OAAS_TEST_BASE_IMAGE, or one made from the system's packages."""
    name = os.environ.get("OAAS_TEST_BASE_IMAGE", "oaas-local/python:3.11")
    if subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode != 0:
        script = Path(__file__).parents[2] / "deploy" / "base-image.sh"
        subprocess.run(["bash", str(script), "--import", name], check=True)
    return name


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium; without one the test is skipped, or fails where a browser is required."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        reason = "there is no Chromium; scripts/chromium.sh installs it"
        if os.environ.get("OAAS_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program
