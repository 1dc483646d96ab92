"""The engine goes away and comes back: what needs it says so, everything else goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nodes import Node

pytestmark = pytest.mark.docker
SOCKET = "/var/run/docker.sock"


class Doorway:
    """A socket that leads to the real engine, and that can be shut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Let calls through."""
        self._server = await asyncio.start_unix_server(self._pass, str(self.path))

    async def shut(self) -> None:
        """Refuse calls and cut those under way."""
        assert self._server is not None
        self._server.close()
        self.path.unlink()
        for writer in list(self._open):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(SOCKET)
        ends = {writer, engine_writer}
        self._open |= ends
        await asyncio.gather(_pump(reader, engine_writer), _pump(engine_reader, writer))
        self._open -= ends


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def doorway(docker_engine: None, shared_dir: Path) -> AsyncIterator[Doorway]:
    """An open one."""
    doorway = Doorway(shared_dir / "engine.sock")
    await doorway.open()
    yield doorway


async def test_while_the_engine_is_down(doorway: Doorway, shared_dir: Path, docker_image: str) -> None:
    node = Node(
        shared_dir / "cut-off",
        "docker",
        DOCKER_HOST=f"unix://{doorway.path}",
        OAAS_PURGE_ON_EXIT="true",
    )
    await node.start()
    repository = await node.register(docker_image)
    instance = await node.deploy(repository["id"])
    await doorway.shut()

    # What needs no engine goes on, a run on the instance included.
    health = await node.get("/health/ready")
    assert (health["status"], health["checks"]["engine"]["status"]) == ("degraded", "failing")
    assert (await node.run("noop", {"numbers": [2]}))["output"] == {"sum": 2}
    assert (await node.get("/info"))["runtime"]["available"] is False
    assert len((await node.get("/algorithms"))["items"]) > 3

    # What needs it says so.
    body = {"algorithmRepositoryId": repository["id"], "quotaInformation": {"cpu": 0.1}}
    problem = await node.post("/algorithmRepositoriesInstances", body, status=503)
    assert problem["code"] == "engineUnavailable"
    path = f"/algorithmRepositoriesInstances/{instance['id']}"
    for question in ("stats", "logs"):
        assert (await node.get(f"{path}/{question}", status=503))["code"] == "engineUnavailable"
    waiting = await node.post("/algorithmRepositories", {"name": "later", "image": docker_image}, wait=2)
    assert waiting["status"] == "registering"
    assert "engine" in waiting["reason"]

    # A node that is killed meanwhile starts without the engine, and goes on with it later.
    await node.kill()
    await node.start()
    assert (await node.get("/health/ready"))["status"] == "degraded"
    await doorway.open()
    later = await node.get(f"/algorithmRepositories/{waiting['id']}", wait=30)
    assert later["status"] == "ready", later["reason"]
    now = await node.get(path, wait=30)
    assert (now["status"], now["unitId"]) == ("ready", instance["unitId"])
    assert (await node.run("noop", {"numbers": [3]}))["output"] == {"sum": 3}
    await node.end()
