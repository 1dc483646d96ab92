"""What only the dialect ``optimaix`` has, through a node: trust in callbacks, broken instances, its stack."""

from __future__ import annotations

import asyncio
import json
import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import optimaix_dialect
import pytest
from dialect import Variant
from nodes import Node
from optimaix_bench import docker, listening

from oaasplatform.runtimes.docker.labels import INSTANCE, NODE, SERVICE, network_name

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

QUOTA = {"cpu": 1, "ram": "1GB"}


class Planner:
    """A repository on the node, with an instance."""

    def __init__(self, node: Node, repository: dict[str, Any], instance: dict[str, Any]) -> None:
        self.node = node
        self.repository = repository
        self.instance = instance

    async def submit(self, algorithm: str, input: Any) -> int:
        """Id of a new execution."""
        found = await self.node.get("/algorithms", name=algorithm, algorithmRepositoryId=self.repository["id"])
        body = {"algorithmId": found["items"][0]["id"], "input": input}
        return int((await self.node.post("/algorithmExecutions", body))["id"])

    async def run(self, algorithm: str, input: Any) -> dict[str, Any]:
        """An execution that has ended."""
        return await self.node.execution(await self.submit(algorithm, input), wait=55)

    def container(self, service: str) -> str:
        """Its id."""
        labels = {NODE: self.node.uid, INSTANCE: self.instance["id"], SERVICE: service}
        (found,) = docker("ps", "--quiet", *(f"--filter=label={key}={value}" for key, value in labels.items())).split()
        return found

    def generation(self) -> str:
        """Differs between the lives of the instance."""
        return self.container("worker")


async def _registered(node: Node, image: str, **fields: Any) -> dict[str, Any]:
    body = {"name": f"planner-{uuid.uuid4().hex[:6]}", "image": image, **fields}
    repository: dict[str, Any] = await node.post("/algorithmRepositories", body, wait=60)
    return repository


@pytest.fixture(scope="session")
def optimaix_image(base_image: str) -> str:
    """The image of the table."""
    return optimaix_dialect.DIALECT.build(base_image, Variant.NORMAL)


@pytest.fixture(scope="session")
async def planner(dialect_node: Node, optimaix_image: str) -> AsyncIterator[Planner]:
    """Its repository, with an instance."""
    repository = await _registered(dialect_node, optimaix_image, protocol="optimaix")
    assert repository["status"] == "ready", repository["reason"]
    instance = await dialect_node.deploy(repository["id"], quotaInformation=QUOTA)
    yield Planner(dialect_node, repository, instance)
    await dialect_node.delete(f"/algorithmRepositoriesInstances/{instance['id']}")


async def test_what_an_instance_consists_of(planner: Planner) -> None:
    services = {}
    for name in ("backend", "worker", "redis"):
        services[name] = json.loads(docker("inspect", planner.container(name)))[0]
    images = {name: each["Config"]["Cmd"] for name, each in services.items()}
    assert images["worker"] == ["celery", "--app=src.worker.celery", "worker", "--loglevel=INFO"]
    assert images["redis"] == ["redis-server", "--protected-mode", "no", "--save", ""]
    image = json.loads(docker("inspect", optimaix_dialect.REDIS_IMAGE))[0]
    assert services["redis"]["Image"] == image["Id"]
    for each in ("backend", "worker"):
        environment = services[each]["Config"]["Env"]
        assert {f"CELERY_{name}=redis://redis:6379/0" for name in ("BROKER_URL", "RESULT_BACKEND")} <= set(environment)
        assert [mount["Destination"] for mount in services[each]["Mounts"]] == ["/app"]
        assert not services[each]["HostConfig"]["ReadonlyRootfs"]
    memory = [services[name]["HostConfig"]["Memory"] for name in ("backend", "worker", "redis")]
    assert sum(memory) <= 10**9
    assert memory[1] == max(memory)


async def test_forged_callbacks(planner: Planner) -> None:
    execution = await planner.submit("sleep", {"seconds": 5})
    await planner.node.reaches(execution, "running")
    (number,) = [
        each["callback_id"]
        for each in json.loads(docker("exec", planner.container("backend"), "cat", "/app/executions.json"))
        if not each["finished"]
    ]
    assert number >= 2**100
    network = network_name(planner.node.uid)
    gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", network)
    url = f"http://{gateway}:5000/callback/"
    async with httpx.AsyncClient() as client:
        from_this_machine = await client.post(f"{url}{number}", json={"slept": "forged"})
        for odd in ("0", "-1", "x", str(2**128), str(2**128 + number), "9" * 5000):
            assert (await client.post(f"{url}{odd}", json={})).status_code in (404, 422), odd
    assert from_this_machine.status_code == 404
    script = (
        "import sys, urllib.request, urllib.error\n"
        'try: print(urllib.request.urlopen(sys.argv[1], b\'{"slept": "forged"}\').status)\n'
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    post = ("python3", "-c", script)
    neighbour = ("run", "--rm", f"--network={network}", planner.repository["image"])
    assert docker(*neighbour, *post, f"{url}{number}") == "404", "it is the number, but not the instance"
    assert docker("exec", planner.container("worker"), *post, f"{url}{number + 1}") == "404"
    ended = await planner.node.execution(execution, wait=55)
    assert (ended["state"], ended["output"]) == ("succeeded", {"slept": 5}), ended
    assert docker("exec", planner.container("worker"), *post, f"{url}{number}") == "404", "it has ended"


async def test_an_exception(planner: Planner) -> None:
    ended = await planner.run("fail", {"message": "no way to Rome"})
    assert (ended["state"], ended["error"]["type"]) == ("failed", "ValueError"), ended
    assert ended["error"]["message"] == "no way to Rome"
    assert 'raise ValueError(input["message"])' in ended["error"]["details"]["traceback"]


async def test_a_process_of_the_worker_that_dies(planner: Planner) -> None:
    ended = await planner.run("crash", {})
    assert (ended["state"], ended["attempt"], ended["error"]["type"]) == ("failed", 1, "workerDied"), ended


async def test_a_file_that_is_not_json_any_more(planner: Planner) -> None:
    before = planner.generation()
    docker("exec", planner.container("backend"), "sh", "-c", "printf '}' >> /app/executions.json")
    ended = await planner.run("add", {"a": 2, "b": 3})
    assert (ended["state"], ended["output"]) == ("succeeded", {"sum": 5}), ended
    assert planner.generation() != before


async def test_native_code_is_stopped_with_its_instance(planner: Planner) -> None:
    before = planner.generation()
    execution = await planner.submit("native", {"rounds": 10**9})
    await planner.node.reaches(execution, "running")
    await planner.node.delete(f"/algorithmExecutions/{execution}", status=200)
    ended = await planner.run("add", {"a": 2, "b": 3})
    assert (ended["state"], ended["attempt"], ended["output"]) == ("succeeded", 1, {"sum": 5}), ended
    assert planner.generation() != before


async def test_a_node_that_is_killed_while_it_launches(planner: Planner) -> None:
    """Its successor does not know of the run, sees that the worker is busy, and begins anew."""
    backend, before = planner.container("backend"), planner.generation()
    docker("pause", backend)
    try:
        execution = await planner.submit("sleep", {"seconds": 25})
        async with asyncio.timeout(20):
            while not _unread(backend):
                await asyncio.sleep(0.02)
        await planner.node.kill()
    finally:
        docker("unpause", backend)
    await planner.node.start()
    ended = await planner.node.execution(execution, wait=55)
    while ended["state"] in ("queued", "starting", "running"):
        ended = await planner.node.execution(execution, wait=55)
    assert (ended["state"], ended["output"]) == ("succeeded", {"slept": 25}), ended
    assert planner.generation() != before


def _unread(container: str) -> bool:
    """Whether a launch has reached the port of a backend, and nobody has read it."""
    process = docker("inspect", "--format", "{{.State.Pid}}", container)
    lines = [line.split() for line in Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]]
    sizes = [int(queues.partition(":")[2], 16) for _, local, _, _, queues, *_ in lines if local.endswith(":DA93")]
    # A probe is shorter than the headers and the body of a launch.
    return any(size > 200 for size in sizes)


async def test_a_port_that_is_taken(planner: Planner) -> None:
    network = network_name(planner.node.uid)
    gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", network)
    await planner.node.kill()
    async with listening(gateway) as calls:
        await planner.node.start()
        ended = await planner.run("add", {"a": 2, "b": 3})
        assert calls.get_nowait().body == b'{"sum": 5}'
        assert (ended["state"], ended["attempt"], ended["output"]) == ("succeeded", 1, {"sum": 5}), ended
        await planner.node.kill()
    await planner.node.start()


async def test_a_backend_that_ends_without_redis(dialect_node: Node, optimaix_image: str) -> None:
    tag = f"{optimaix_image}-redis-needed"
    text = f"FROM {optimaix_image}\nENV REDIS=needed\n"
    subprocess.run(["docker", "build", "--quiet", "--tag", tag, "-"], input=text, text=True, check=True)
    unknown = await _registered(dialect_node, tag)
    assert unknown["status"] == "failed"
    assert "It ended before it was ready" in unknown["reason"]
    named = await _registered(dialect_node, tag, protocol="optimaix")
    assert named["status"] == "ready", named["reason"]


async def test_a_stack_of_the_registration(dialect_node: Node, optimaix_image: str) -> None:
    url = "redis://:s3cret@store/3"
    environment = {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
    common = {"image": optimaix_image, "environment": environment, "volumes": ["state:/app"], "depends_on": ["store"]}
    worker = "celery --app=src.worker.celery worker --concurrency=1"
    store = "redis-server --requirepass s3cret"
    stack = {
        "answers": "api",
        "services": {
            "api": common,
            "worker": {**common, "command": worker},
            "store": {"image": optimaix_dialect.REDIS_IMAGE, "command": store, "user": "999:1000"},
        },
    }
    repository = await _registered(dialect_node, optimaix_image, stack=stack)
    assert (repository["status"], repository["protocol"]) == ("ready", "optimaix"), repository["reason"]
    instance = await dialect_node.deploy(repository["id"], quotaInformation=QUOTA)
    planner = Planner(dialect_node, repository, instance)
    assert (await planner.run("add", {"a": 2, "b": 3}))["output"] == {"sum": 5}
    assert (await planner.run("fail", {"message": "no"}))["error"]["type"] == "ValueError"
    execution = await planner.submit("sleep", {"seconds": 50})
    await dialect_node.reaches(execution, "running")
    before = planner.generation()
    await dialect_node.delete(f"/algorithmExecutions/{execution}", status=200)
    assert (await planner.run("add", {"a": 2, "b": 3}))["output"] == {"sum": 5}
    assert planner.generation() == before
    await dialect_node.delete(f"/algorithmRepositoriesInstances/{instance['id']}")
