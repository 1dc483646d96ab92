"""A node on Docker, and for each dialect a repository and an instance on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cog_dialect
import command_dialect
import direct_bench
import matlab_dialect
import oaas_dialect
import optimaix_dialect
import pytest
from desk import Desk
from nodes import Node

DIALECTS = [
    oaas_dialect.DIALECT,
    optimaix_dialect.DIALECT,
    matlab_dialect.DIALECT,
    cog_dialect.DIALECT,
    command_dialect.DIALECT,
]


@pytest.fixture(scope="session")
async def dialect_node(docker_engine: None, shared_dir: Path) -> AsyncIterator[Node]:
    """A node that the tests of all dialects share."""
    settings = {"OAAS_PURGE_ON_EXIT": "true", "OAAS_ALLOW_OVERCOMMIT": "true", "OAAS_POLL_INTERVAL": "2"}
    settings["OAAS_REDIS_IMAGE"] = optimaix_dialect.REDIS_IMAGE
    node = Node(shared_dir / "dialects", "docker", **settings)
    await node.start()
    yield node
    await node.end()


@pytest.fixture(scope="session")
def direct_image(base_image: str) -> str:
    """A server that nobody knows anything about."""
    return direct_bench.build(base_image)


@pytest.fixture(scope="session")
async def direct_repository(dialect_node: Node, direct_image: str) -> dict[str, Any]:
    """Its repository."""
    body = {"name": "direct", "image": direct_image, "protocol": "direct"}
    repository: dict[str, Any] = await dialect_node.post("/algorithmRepositories", body, wait=60)
    assert repository["status"] == "ready", repository["reason"]
    return repository


@pytest.fixture(scope="session")
async def direct(dialect_node: Node, direct_repository: dict[str, Any]) -> direct_bench.Bench:
    """An instance of it, behind the proxy."""
    return direct_bench.Bench(dialect_node, await dialect_node.deploy(direct_repository["id"]))


@pytest.fixture(scope="session")
def desk(request: pytest.FixtureRequest, dialect_node: Node, base_image: str) -> Desk:
    """Each dialect in turn."""
    return Desk(dialect_node, request.param, base_image)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each dialect that has the behaviour; the other cells of the table are empty."""
    if "desk" in metafunc.fixturenames:
        behaviour = metafunc.function.__name__.removeprefix("test_")
        dialects = [dialect for dialect in DIALECTS if behaviour not in dialect.lacks]
        metafunc.parametrize("desk", dialects, indirect=True, ids=lambda dialect: dialect.name, scope="session")
