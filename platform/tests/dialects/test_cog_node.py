"""What only the dialect ``cog`` has, through a node."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import cog_dialect
import httpx
import pytest
from cog_dialect import COGLET, PYTHON
from desk import Desk
from nodes import Node

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def before_rust(dialect_node: Node, base_image: str) -> Desk:
    """Models of the table on the last server in Python."""
    return Desk(dialect_node, cog_dialect.dialect(PYTHON), base_image)


async def _register(node: Node, image: str, name: str, **fields: Any) -> dict[str, Any]:
    repository: dict[str, Any] = await node.post(
        "/algorithmRepositories", {"name": name, "image": image, **fields}, wait=60
    )
    return repository


async def test_the_server_in_python(before_rust: Desk) -> None:
    ended = await before_rust.run("add", {"a": 2, "b": 3})
    assert (ended["state"], ended["output"], ended["attempt"]) == ("succeeded", {"sum": 5}, 1), ended


async def test_the_log_of_a_run_that_was_stopped(before_rust: Desk) -> None:
    submitted = await before_rust.submit("sleep", {"seconds": 50}, maxRunningTimeInSeconds=2.5)
    ended = await before_rust.node.execution(submitted["id"], wait=20)
    assert ended["state"] == "timed_out", ended
    log = await before_rust.node.http.get(f"/algorithmExecutions/{ended['id']}/logs")
    assert "still sleeping" in log.text
    ended = await before_rust.run("sleep", {"seconds": 0.1})
    assert (ended["output"], ended["attempt"]) == ({"slept": 0.1}, 1), ended


async def test_the_node_is_killed_before_the_end(before_rust: Desk) -> None:
    submitted = await before_rust.submit("sleep", {"seconds": 1})
    await before_rust.node.reaches(submitted["id"], "running")
    await before_rust.node.kill()
    await before_rust.node.start()
    ended = await before_rust.node.execution(submitted["id"], wait=55)
    assert (ended["state"], ended["output"], ended["attempt"]) == ("succeeded", {"slept": 1}, 1), ended


@pytest.mark.parametrize("cog", [COGLET, PYTHON])
async def test_setup_fails(dialect_node: Node, base_image: str, cog: str) -> None:
    image = cog_dialect.build(base_image, "Broken", cog)
    repository = await _register(dialect_node, image, f"cog-broken-{cog}")
    assert repository["status"] == "failed"
    assert "there are no weights" in repository["reason"], repository["reason"]


async def test_an_instance_whose_worker_died_is_replaced(dialect_node: Node, base_image: str) -> None:
    repository = await _register(dialect_node, cog_dialect.build(base_image, "Crash"), "cog-crash", algorithm="falls")
    assert (repository["status"], repository["algorithm"]) == ("ready", "falls"), repository["reason"]
    found = await dialect_node.get("/algorithms", algorithmRepositoryId=repository["id"])
    assert [each["name"] for each in found["items"]] == ["falls"]
    instance = await dialect_node.deploy(repository["id"])
    submitted = [
        await dialect_node.post("/algorithmExecutions", {"algorithmId": found["items"][0]["id"], "input": {}})
        for _ in range(2)
    ]
    for each in submitted:
        ended = await dialect_node.execution(each["id"], wait=55)
        assert (ended["state"], ended["error"]["type"]) == ("failed", "workerDied"), ended
    now = await dialect_node.get(f"/algorithmRepositoriesInstances/{instance['id']}")
    assert now["restarts"] >= 1, now


async def test_an_instance_that_says_it_cannot_go_on_is_replaced(dialect_node: Node, base_image: str) -> None:
    image = cog_dialect.patient(cog_dialect.build(base_image, "Crash", PYTHON))
    repository = await _register(dialect_node, image, "cog-defunct")
    assert repository["status"] == "ready", repository["reason"]
    instance = await dialect_node.deploy(repository["id"])
    found = await dialect_node.get("/algorithms", algorithmRepositoryId=repository["id"])
    execution = await dialect_node.post("/algorithmExecutions", {"algorithmId": found["items"][0]["id"], "input": {}})
    assert (await dialect_node.execution(execution["id"], wait=55))["error"]["type"] == "workerDied"
    path = f"/algorithmRepositoriesInstances/{instance['id']}"
    async with asyncio.timeout(20):
        while (now := await dialect_node.get(path))["restarts"] == 0 or now["status"] != "ready":
            await asyncio.sleep(0.1)


async def test_concurrency_is_in_the_image(dialect_node: Node, base_image: str) -> None:
    image = cog_dialect.build(base_image, "Together", config='{"concurrency": {"max": 3}}')
    repository = await _register(dialect_node, image, "cog-together")
    assert (repository["concurrency"], repository["algorithm"]) == (3, "together"), repository["reason"]


@pytest.fixture
async def small_node(docker_engine: None, shared_dir: Path, fresh_dsn: str) -> AsyncIterator[Node]:
    """A node for small outputs, whose database and callbacks a test can reach."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"OAAS_PURGE_ON_EXIT": "true", "OAAS_MAX_OUTPUT_BYTES": "1000000", "OAAS_CALLBACK_PORT": str(port)}
    node = Node(shared_dir / "small", "docker", DATABASE_URL=fresh_dsn, **settings)
    await node.start()
    yield node
    await node.end()


async def test_an_output_that_is_too_long_fails_the_run(small_node: Node, base_image: str) -> None:
    desk = Desk(small_node, cog_dialect.DIALECT, base_image)
    for size in (1_500_000, 3_000_000):  # the message may be longer than the output, but not by so much
        ended = await desk.run("big", {"bytes": size})
        assert (ended["state"], ended["error"]["type"], ended["attempt"]) == ("failed", "invalidOutput", 1), ended
    assert (await desk.run("big", {"bytes": 10}))["output"] == {"text": "x" * 10}


async def test_messages_that_nobody_or_somebody_else_sent(small_node: Node, base_image: str, fresh_dsn: str) -> None:
    desk = Desk(small_node, cog_dialect.DIALECT, base_image)
    submitted = await desk.submit("sleep", {"seconds": 2})
    await small_node.reaches(submitted["id"], "running")
    [container] = desk.containers((await desk.deployed("sleep"))["instance"]["id"])
    template = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
    inspect = ["docker", "inspect", "--format", template, container]
    host = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout.strip()
    url = f"http://{host}:{small_node.settings['OAAS_CALLBACK_PORT']}/callback/{submitted['id']}"
    connection = await asyncpg.connect(fresh_dsn)
    secret = await connection.fetchval("SELECT secret FROM executions WHERE id = $1", submitted["id"])
    await connection.close()

    async def post(secret: str, **prediction: Any) -> int:
        body = {"id": f"{submitted['id']}-1", "status": "succeeded", "output": {"slept": -1}, **prediction}
        async with httpx.AsyncClient() as client:
            return (await client.post(url, params={"secret": secret}, json=body)).status_code

    assert await post("0" * 32) == 404
    assert await post(secret, id="999-1") == 422
    assert await post(secret, status="aborted") == 422
    late = {"status": "processing", "logs": "\rCounting:  90%|#########"}
    assert await post(secret, **late, output=None) == 204
    assert await post(secret, status="processing", logs="", output=None) == 204
    now = await small_node.execution(submitted["id"])
    assert (now["state"], now["progressFraction"]) == ("running", 0.9), now
    ended = await small_node.execution(submitted["id"], wait=30)
    assert (ended["state"], ended["output"]) == ("succeeded", {"slept": 2}), ended
    for again in ({}, {"status": "failed", "error": "no"}, late):
        assert await post(secret, **again) == 204
    assert json.dumps(await small_node.execution(submitted["id"])) == json.dumps(ended)
