"""A repository of several containers, from its registration to the loss of one of them."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nodes import Node

pytestmark = pytest.mark.docker
ASK = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000')"


@pytest.fixture(scope="session")
async def stack_node(docker_engine: None, shared_dir: Path) -> AsyncIterator[Node]:
    """A node that asks for nothing that was not reported to it: what it knows about runs came by callbacks."""
    node = Node(
        shared_dir / "stacks",
        "docker",
        OAAS_PURGE_ON_EXIT="true",
        OAAS_ALLOW_OVERCOMMIT="true",
        OAAS_POLL_INTERVAL="600",
    )
    await node.start()
    yield node
    if not node.runs:
        await node.start()
    await node.end()


def stack(image: str, *, store: str = "python3 -m http.server 8000", test: str = ASK) -> dict[str, Any]:
    """The sample repository, and a store that it waits for."""
    return {
        "answers": "api",
        "services": {
            "api": {"image": image, "depends_on": {"store": {"condition": "service_healthy"}}, "share": 3},
            "store": {
                "image": image,
                "command": store,
                "user": "1234:1234",
                "healthcheck": {"test": ["CMD", "python3", "-c", test], "interval": "200ms", "retries": 20},
            },
        },
    }


async def register(node: Node, name: str, **fields: Any) -> dict[str, Any]:
    """Register it, and wait for the outcome."""
    repository: dict[str, Any] = await node.post("/algorithmRepositories", {"name": name, **fields}, wait=60)
    return repository


@pytest.fixture(scope="session")
async def stack_instance(stack_node: Node, docker_image: str) -> dict[str, Any]:
    """An instance of the stack, ready."""
    repository = await register(stack_node, "stack", stack=stack(docker_image))
    assert repository["status"] == "ready", repository["reason"]
    assert repository["protocol"] == "oaas"
    assert set(repository["stack"]["services"]["store"]) >= {"digest", "user"}
    return await stack_node.deploy(repository["id"], name="stack")


async def test_executions_of_a_stack(stack_node: Node, stack_instance: dict[str, Any]) -> None:
    assert (await stack_node.run("noop", {"numbers": [1, 2]}))["output"] == {"sum": 3}
    execution = await stack_node.run("search", 2.0, wait=None)
    running = await stack_node.reaches(execution["id"], "running")
    assert running["attempt"] == 1
    ended = await stack_node.execution(execution["id"], wait=30)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended
    log = (await stack_node.http.get(f"/algorithmRepositoriesInstances/{stack_instance['id']}/logs")).text
    assert "store | " in log  # the health check's requests
    stats = await stack_node.get(f"/algorithmRepositoriesInstances/{stack_instance['id']}/stats")
    assert stats["pids"] >= 4


async def test_a_killed_service_is_replaced_with_all_others(stack_node: Node, stack_instance: dict[str, Any]) -> None:
    execution = await stack_node.run("search", 4.0, wait=None)
    await stack_node.reaches(execution["id"], "running")
    before = containers(stack_node, stack_instance["id"])
    assert set(before) == {"api", "store"}
    subprocess.run(["docker", "kill", before["store"]], check=True, capture_output=True)
    ended = await stack_node.execution(execution["id"], wait=60)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 2), ended
    async with asyncio.timeout(30):
        while set((after := containers(stack_node, stack_instance["id"])).values()) & set(before.values()):
            await asyncio.sleep(0.2)
    assert set(after) == {"api", "store"}
    assert "its service store ended with exit code 137" in stack_node.log.read_text()


async def test_a_node_that_was_killed_adopts_a_stack(stack_node: Node, stack_instance: dict[str, Any]) -> None:
    execution = await stack_node.run("search", 4.0, wait=None)
    await stack_node.reaches(execution["id"], "running")
    before = containers(stack_node, stack_instance["id"])
    await stack_node.kill()
    await stack_node.start()
    ended = await stack_node.execution(execution["id"], wait=60)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended
    assert containers(stack_node, stack_instance["id"]) == before


async def test_stop_and_start(stack_node: Node, stack_instance: dict[str, Any]) -> None:
    path = f"/algorithmRepositoriesInstances/{stack_instance['id']}"
    stopped = await stack_node.post(f"{path}/stop", wait=30)
    assert stopped["status"] == "stopped"
    assert containers(stack_node, stack_instance["id"]) == {}
    started = await stack_node.post(f"{path}/start", wait=30)
    assert started["status"] == "ready", started["reason"]
    assert (await stack_node.run("noop", {"numbers": [4]}))["output"] == {"sum": 4}


async def test_what_a_stack_waits_for_is_said(stack_node: Node, docker_image: str) -> None:
    repository = await register(stack_node, "patient", stack=stack(docker_image))
    instance = await stack_node.deploy(repository["id"], name="patient")
    never = stack(docker_image, test="raise SystemExit(1)")
    never["services"]["store"]["healthcheck"]["retries"] = 1000
    body = {"name": "waiting", "stack": never, "readyTimeoutInSeconds": 4}
    waiting = await stack_node.post("/algorithmRepositories", body, wait=60)
    assert waiting["status"] == "failed"
    assert "did not become ready within 4 seconds: store is not healthy yet" in waiting["reason"]
    await stack_node.delete(f"/algorithmRepositoriesInstances/{instance['id']}")


async def test_a_start_that_was_cut_short_goes_on(stack_node: Node, docker_image: str) -> None:
    slow = stack(docker_image, store="sh -c 'sleep 5; exec python3 -m http.server 8000'")
    slow["services"]["store"]["healthcheck"]["retries"] = 1000
    repository = await register(stack_node, "slow", stack=slow)
    assert repository["status"] == "ready", repository["reason"]
    body = {"algorithmRepositoryId": repository["id"], "quotaInformation": {"ram": "256MB"}, "name": "slow"}
    instance = await stack_node.post("/algorithmRepositoriesInstances", body)
    path = f"/algorithmRepositoriesInstances/{instance['id']}"
    async with asyncio.timeout(30):
        while "store is not healthy yet" not in ((await stack_node.get(path))["reason"] or ""):
            await asyncio.sleep(0.1)
    await stack_node.kill()
    before = docker(stack_node, instance["id"], "ps", "--all", "--quiet")
    assert len(before) == 2 and set(containers(stack_node, instance["id"])) == {"store"}
    await stack_node.start()
    async with asyncio.timeout(30):
        while (now := await stack_node.get(path, wait=10))["status"] != "ready":
            assert now["status"] in ("pending", "starting"), now
    assert sorted(docker(stack_node, instance["id"], "ps", "--quiet")) == sorted(before)
    too_little = {"quotaInformation": {"ram": "30MB"}}
    refused = await stack_node.put(path, too_little, status=422)
    assert refused["errors"][0]["pointer"] == "/quotaInformation/ram"
    # A new quota begins a new start, which nobody has to wait for to be rid of the instance.
    await stack_node.put(path, {"quotaInformation": {"ram": "300MB"}})
    async with asyncio.timeout(30):
        while "store is not healthy yet" not in ((await stack_node.get(path))["reason"] or ""):
            await asyncio.sleep(0.1)
    await stack_node.delete(path)
    async with asyncio.timeout(15):
        while left(stack_node, instance["id"]) != {"container": 0, "network": 0, "volume": 0}:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("store", "test", "reason"),
    [
        (
            "sh -c 'echo disk is full; exit 3'",
            ASK,
            "its service store ended with exit code 3. Last log lines:\ndisk is full",
        ),
        (
            "sh -c 'echo I am ill; sleep 60'",
            "raise SystemExit(1)",
            "its service store is unhealthy. Last log lines:\nI am ill",
        ),
    ],
)
async def test_a_stack_that_does_not_start_says_why(
    stack_node: Node, docker_image: str, store: str, test: str, reason: str
) -> None:
    failing = stack(docker_image, store=store, test=test)
    failing["services"]["store"]["healthcheck"]["retries"] = 2
    repository = await register(stack_node, f"failing-{len(reason)}", stack=failing)
    assert repository["status"] == "failed"
    assert reason in repository["reason"]


async def test_deleting_leaves_nothing(stack_node: Node, docker_image: str) -> None:
    with_volume = stack(docker_image)
    for service in with_volume["services"].values():
        service["volumes"] = ["work:/work"]
    repository = await register(stack_node, "passing", stack=with_volume)
    instance = await stack_node.deploy(repository["id"], name="passing")
    assert left(stack_node, instance["id"]) == {"container": 2, "network": 1, "volume": 1}
    await stack_node.delete(f"/algorithmRepositoriesInstances/{instance['id']}")
    async with asyncio.timeout(30):
        while left(stack_node, instance["id"]) != {"container": 0, "network": 0, "volume": 0}:
            await asyncio.sleep(0.2)


def containers(node: Node, instance_id: int) -> dict[str, str]:
    """Running containers of an instance by service."""
    listed = docker(node, instance_id, "ps", "--format", '["{{.Label "io.oaas.service"}}", "{{.ID}}"]')
    return dict(json.loads(line) for line in listed)


def left(node: Node, instance_id: int) -> dict[str, int]:
    """How much there is of an instance."""
    kinds = {"container": ("container", "ls", "--all"), "network": ("network", "ls"), "volume": ("volume", "ls")}
    return {kind: len(docker(node, instance_id, *command, "--quiet")) for kind, command in kinds.items()}


def docker(node: Node, instance_id: int, *command: str) -> list[str]:
    """Lines that a command prints about what belongs to an instance."""
    filters = [f"--filter=label=io.oaas.node={node.uid}", f"--filter=label=io.oaas.instance={instance_id}"]
    done = subprocess.run(["docker", *command, *filters], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()
