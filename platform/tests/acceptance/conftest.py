"""Nodes on each runtime, with an instance of the sample repository."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nodes import Node

from oaasplatform.cli.images.build import build_image

SAMPLE = Path(__file__).parents[1] / "sample-repository"
RUNTIMES = ["process", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(scope="session", params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """Each runtime in turn."""
    name: str = request.param
    if name == "docker":
        request.getfixturevalue("docker_engine")
    return name


@pytest.fixture(scope="session")
async def node(runtime: str, shared_dir: Path) -> AsyncIterator[Node]:
    """A node that many tests share."""
    node = Node(shared_dir / f"node-{runtime}", runtime, OAAS_PURGE_ON_EXIT="true", OAAS_ALLOW_OVERCOMMIT="true")
    await node.start()
    yield node
    await node.end()


@pytest.fixture(scope="session")
def docker_image(base_image: str) -> str:
    """The image of the sample repository."""
    return build_image(SAMPLE, "sample", base_image=base_image, tell=lambda _: None)


@pytest.fixture(scope="session")
def image(runtime: str, request: pytest.FixtureRequest) -> str:
    """What the sample repository is called on the runtime."""
    return str(SAMPLE) if runtime == "process" else str(request.getfixturevalue("docker_image"))


@pytest.fixture(scope="session")
def base_image_or_none(runtime: str, request: pytest.FixtureRequest) -> str | None:
    """What images are built on, where there are images."""
    return None if runtime == "process" else str(request.getfixturevalue("base_image"))


@pytest.fixture(scope="session")
async def repository(node: Node, image: str) -> dict[str, Any]:
    """The sample repository, ready."""
    return await node.register(image)


@pytest.fixture(scope="session")
async def instance(node: Node, repository: dict[str, Any]) -> dict[str, Any]:
    """An instance of it, ready."""
    return await node.deploy(repository["id"], name="shared")


@pytest.fixture
def noop_instance(instance: dict[str, Any]) -> int:
    """Id of an instance that serves ``noop``."""
    return int(instance["id"])


@pytest.fixture
async def own_node(runtime: str, shared_dir: Path, request: pytest.FixtureRequest, image: str) -> AsyncIterator[Node]:
    """A node of the test's own, with the sample repository and an instance, to be killed and started again."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)
    node = Node(shared_dir / name, runtime, OAAS_PURGE_ON_EXIT="true", OAAS_POLL_INTERVAL="1")
    await node.start()
    repository = await node.register(image)
    await node.deploy(repository["id"], name="one")
    yield node
    if not node.runs:
        await node.start()
    await node.end()


@pytest.fixture(scope="session")
async def docker_node(docker_engine: None, shared_dir: Path) -> AsyncIterator[Node]:
    """A node on Docker, for what only containers have."""
    node = Node(shared_dir / "docker-only", "docker", OAAS_PURGE_ON_EXIT="true", OAAS_ALLOW_OVERCOMMIT="true")
    await node.start()
    yield node
    await node.end()
