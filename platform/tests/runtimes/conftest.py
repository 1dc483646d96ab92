"""Both drivers, and a unit that runs under both."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import sys
import tarfile
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiodocker import Docker
from runtimes_harness import Harness

from oaasplatform.domain.deployments import Condition, Service
from oaasplatform.runtimes.docker import DockerRuntime
from oaasplatform.runtimes.process import ProcessRuntime

T = TypeVar("T")
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def make_image(base_image: str) -> Iterator[Callable[..., str]]:
    """Builds images with the test unit, by further lines of their Dockerfile; they are removed at the end."""
    made: list[str] = []

    def make(*lines: str) -> str:
        dockerfile = [f"FROM {base_image}", "COPY unit_server.py /", 'CMD ["python3", "/unit_server.py"]', *lines]
        tag = f"oaas-test/unit:{hashlib.sha256(repr(dockerfile).encode()).hexdigest()[:12]}-{os.getpid()}"
        if tag not in made:
            _run(_build("\n".join(dockerfile), tag))
            made.append(tag)
        return tag

    yield make
    for tag in made:
        _run(_remove_image(tag))


@pytest.fixture(scope="session")
def unit_image(make_image: Callable[..., str]) -> str:
    """The image of the test unit."""
    return make_image()


@pytest.fixture
def node_id() -> str:
    """Of a node that nobody knows yet."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def unit_project(tmp_path: Path) -> Path:
    """A project that the process runtime takes for an algorithm repository; its own Python serves the test unit."""
    project = tmp_path / "project"
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "unit_server.py"}"\n')
    python.chmod(0o755)
    (project / "pyproject.toml").write_text('[tool.oaas]\nmodule = "anything"\n')
    return project


@pytest.fixture
async def docker_harness(unit_image: str, node_id: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The Docker driver."""
    async with Harness(lambda: DockerRuntime(node_id, tmp_path), unit_image) as harness:
        yield harness


@pytest.fixture
async def stack_harness(unit_image: str, node_id: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The Docker driver with stacks: the test unit, and a service that does nothing."""
    services = {
        "api": Service(image=unit_image, depends_on={"quiet": Condition.STARTED}),
        "quiet": Service(image=unit_image, command=("sleep", "infinity")),
    }
    async with Harness(lambda: DockerRuntime(node_id, tmp_path), unit_image, services) as harness:
        yield harness


@pytest.fixture
async def process_harness(unit_project: Path, node_id: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The process driver."""
    async with Harness(lambda: ProcessRuntime(node_id, tmp_path / "data"), str(unit_project)) as harness:
        yield harness


@pytest.fixture(
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("stack", marks=pytest.mark.docker),
        "process",
    ]
)
def harness(request: pytest.FixtureRequest) -> Harness:
    """Each driver in turn, with single containers and stacks."""
    found: Harness = request.getfixturevalue(f"{request.param}_harness")
    return found


@pytest.fixture
async def docker(docker_engine: None) -> AsyncIterator[Docker]:
    """A client of the engine, for a look behind the driver's back."""
    async with Docker() as client:
        yield client


async def _build(dockerfile: str, tag: str) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(HERE / "unit_server.py", "unit_server.py")
        info = tarfile.TarInfo("Dockerfile")
        info.size = len(dockerfile)
        tar.addfile(info, io.BytesIO(dockerfile.encode()))
    archive.seek(0)
    async with Docker() as client:
        await client.images.build(fileobj=archive, encoding="identity", tag=tag, forcerm=True)
        await client.images.inspect(tag)


async def _remove_image(reference: str) -> None:
    async with Docker() as client:
        await client.images.delete(reference, force=True)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it in a loop of its own: fixtures of a session can't share the loop of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
