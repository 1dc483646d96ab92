"""The dialect ``direct``: servers without algorithms, from registration to replacement."""

from __future__ import annotations

import asyncio
import subprocess
import time
from typing import Any

import direct_bench
import pytest
from dialect import Variant, started_as
from direct_bench import Bench
from nodes import Node

from oaasplatform.runtimes.docker.labels import INSTANCE, NODE

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


async def _register(node: Node, name: str, image: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "image": image, "protocol": "direct", **more}
    repository: dict[str, Any] = await node.post("/algorithmRepositories", body, wait=60)
    return repository


async def test_discover(dialect_node: Node, direct_repository: dict[str, Any]) -> None:
    assert (direct_repository["status"], direct_repository["protocol"]) == ("ready", "direct")
    found = await dialect_node.get("/algorithms", algorithmRepositoryId=direct_repository["id"])
    assert found["items"] == []


async def test_it_is_never_guessed(dialect_node: Node, direct_image: str) -> None:
    body = {"name": "guessed", "image": direct_image, "readyTimeoutInSeconds": 3}
    repository = await dialect_node.post("/algorithmRepositories", body, wait=60)
    assert repository["status"] == "failed", repository


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("EXPOSE 8081", "several (8080, 8081)"),
        ("", "declares none"),
    ],
)
async def test_ports_that_say_nothing(
    dialect_node: Node, direct_image: str, base_image: str, lines: str, reason: str
) -> None:
    image = direct_image if lines else base_image
    tag = f"{direct_bench.IMAGE}-ports"
    command = ["docker", "build", "--quiet", "--tag", tag, "-"]
    subprocess.run(command, input=f"FROM {image}\n{lines}\n", text=True, check=True, capture_output=True)
    repository = await _register(dialect_node, f"ports-{bool(lines)}", tag)
    assert repository["status"] == "failed"
    assert "Say on which `port`" in repository["reason"]
    assert reason in repository["reason"]


async def test_a_port_of_the_registration(dialect_node: Node, direct_image: str) -> None:
    repository = await _register(dialect_node, "named-port", direct_image, port=8080)
    assert repository["status"] == "ready", repository["reason"]


async def test_slow_start(dialect_node: Node, direct_image: str) -> None:
    began = time.monotonic()
    repository = await _register(dialect_node, "slow", started_as(direct_image, Variant.SLOW))
    assert repository["status"] == "ready", repository["reason"]
    assert time.monotonic() - began > 4


async def test_never_ready(dialect_node: Node, direct_image: str) -> None:
    image = started_as(direct_image, Variant.NEVER)
    body = {"name": "never", "image": image, "protocol": "direct", "readyTimeoutInSeconds": 4}
    path = f"/algorithmRepositories/{(await dialect_node.post('/algorithmRepositories', body))['id']}"
    async with asyncio.timeout(20):
        while not str((await dialect_node.get(path))["reason"]).startswith("Trial instance:"):
            await asyncio.sleep(0.05)
    problem = await dialect_node.delete(path, status=409)
    assert problem["detail"] == "It is being discovered right now; try again in a moment."
    repository = await dialect_node.get(path, wait=60)
    assert repository["status"] == "failed", repository
    assert "did not become ready within 4 seconds: port 8080 takes no connection" in repository["reason"]
    # Its trial instance may still be there: that is nothing that anybody has to know.
    await dialect_node.delete(path, status=204)


async def test_container_killed(dialect_node: Node, direct_repository: dict[str, Any]) -> None:
    instance = await dialect_node.deploy(direct_repository["id"], name="to-be-killed")
    bench = Bench(dialect_node, instance)
    assert (await bench.ask("{proxy}/hello")).status == 200
    filters = [f"--filter=label={NODE}={dialect_node.uid}", f"--filter=label={INSTANCE}={instance['id']}"]
    listed = subprocess.run(["docker", "ps", "--quiet", *filters], capture_output=True, text=True, check=True)
    subprocess.run(["docker", "kill", *listed.stdout.split()], check=True, capture_output=True)
    statuses = set()
    while (wire := await bench.ask("{proxy}/hello")).status != 200 or not statuses:
        statuses.add(wire.status)
        if wire.status == 503:
            assert wire.json["code"] == "instanceNotReady"
            assert wire.all("retry-after") == ["2"]
        await dialect_node.get(f"/algorithmRepositoriesInstances/{instance['id']}", wait=5)
    assert statuses & {502, 503} == statuses - {200} != set()
    after = await dialect_node.get(f"/algorithmRepositoriesInstances/{instance['id']}")
    assert after["restarts"] == 1
    await dialect_node.delete(f"/algorithmRepositoriesInstances/{instance['id']}")


async def test_an_instance_that_is_stopped(dialect_node: Node, direct_repository: dict[str, Any]) -> None:
    instance = await dialect_node.deploy(direct_repository["id"], name="to-be-stopped")
    await dialect_node.post(f"/algorithmRepositoriesInstances/{instance['id']}/stop", wait=30)
    wire = await Bench(dialect_node, instance).ask("{proxy}/hello")
    assert (wire.status, wire.json["code"]) == (503, "instanceNotReady")
    assert wire.json["detail"] == "Instance 'to-be-stopped' is stopped."
    await dialect_node.delete(f"/algorithmRepositoriesInstances/{instance['id']}")


async def test_an_instance_that_is_not_there(dialect_node: Node) -> None:
    wire = await Bench(dialect_node, {"id": 999_999}).ask("{proxy}/hello")
    assert (wire.status, wire.json["code"]) == (404, "notFound")
