"""Repositories and instances: from an image to something that runs, and back to nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from typing import Any

import pytest
from nodes import Node


async def test_a_repository_shows_its_algorithms(node: Node, repository: dict[str, Any]) -> None:
    assert repository["digest"]
    assert repository["protocol"] == "oaas"
    page = await node.get("/algorithms", algorithmRepositoryId=repository["id"])
    noop = next(each for each in page["items"] if each["name"] == "noop")
    assert noop["description"].startswith("Adds numbers")
    assert noop["inputSchema"]["properties"]["numbers"]["type"] == "array"
    assert noop["examples"] == [{"numbers": [1, 2, 3], "sleepSeconds": 0}]
    found = await node.get("/algorithms", search="MEGABYTES")
    assert {each["name"] for each in found["items"]} == {"eat"}
    assert (await node.get(f"/algorithms/{noop['id']}"))["name"] == "noop"


async def test_the_trial_is_gone(node: Node, repository: dict[str, Any]) -> None:
    instances = (await node.get("/algorithmRepositoriesInstances"))["items"]
    assert all("trial" not in each["name"] for each in instances)
    assert repository["discovering"] is False


async def test_stop_start_remove(node: Node, repository: dict[str, Any]) -> None:
    instance = await node.deploy(repository["id"], name=f"cycle-{node.runtime}")
    path = f"/algorithmRepositoriesInstances/{instance['id']}"
    stopped = await node.post(f"{path}/stop", wait=30)
    assert stopped["status"] == "stopped"
    waiting = await node.run("noop", {"numbers": [1]}, algorithmRepositoryInstanceId=instance["id"], wait=None)
    assert (await node.execution(waiting["id"]))["state"] == "queued"
    started = await node.post(f"{path}/start", wait=30)
    assert started["status"] == "ready"
    assert (await node.execution(waiting["id"], wait=30))["state"] == "succeeded"
    log = await node.http.get(f"{path}/logs")
    assert log.status_code == 200
    stats = await node.get(f"{path}/stats")
    assert stats["memory"] > 10**6
    await node.delete(path)
    async with asyncio.timeout(30):
        while (await node.http.get(path)).status_code != 404:
            await asyncio.sleep(0.05)


async def test_a_limit_of_the_repository_and_a_spare_instance(
    node: Node, repository: dict[str, Any], instance: dict[str, Any]
) -> None:
    path = f"/algorithmRepositories/{repository['id']}"
    spare = await node.deploy(repository["id"], name=f"spare-{node.runtime}", standby=True)
    for _ in range(2):
        ended = await node.run("noop", {"numbers": [1]})
        assert ended["algorithmRepositoryInstanceId"] != spare["id"], "another one has a free slot"
    assert (await node.put(path, {"maxConcurrentExecutions": 1}))["maxConcurrentExecutions"] == 1
    asked = {"algorithmRepositoryInstanceId": instance["id"]}
    first = await node.run("search", 60, wait=None, **asked)
    await node.reaches(first["id"], "running")
    second = await node.run("search", 60, wait=None)
    waiting = await node.execution(second["id"])
    assert (waiting["state"], waiting["position"]) == ("queued", 1)
    assert "maxConcurrentExecutions" in waiting["reason"]
    body = {"algorithmId": second["algorithmId"], "input": 1}
    forecast = await node.post("/algorithmExecutions/dryRun", body, status=200)
    assert "maxConcurrentExecutions" in forecast["reason"]
    await node.put(path, {"maxConcurrentExecutions": None})
    running = await node.reaches(second["id"], "running")
    assert running["algorithmRepositoryInstanceId"] == spare["id"], "no other one has a free slot"
    for each in (first, second):
        await node.delete(f"/algorithmExecutions/{each['id']}", status=200, purge=False)
    await node.delete(f"/algorithmRepositoriesInstances/{spare['id']}")


async def test_executions_on_an_instance_that_was_named(
    node: Node, repository: dict[str, Any], instance: dict[str, Any], image: str
) -> None:
    named = await node.deploy(repository["id"], name=f"named-{node.runtime}")
    for wanted in (named["id"], instance["id"], named["id"]):
        ended = await node.run("noop", {"numbers": [1]}, algorithmRepositoryInstanceId=wanted)
        assert (ended["state"], ended["algorithmRepositoryInstanceId"]) == ("succeeded", wanted)
    second = await node.register(image, name=f"second-{node.runtime}")
    other = (await node.get("/algorithms", name="noop", algorithmRepositoryId=second["id"]))["items"][0]
    body = {"algorithmId": other["id"], "input": {"numbers": []}, "algorithmRepositoryInstanceId": named["id"]}
    problem = await node.post("/algorithmExecutions", body, status=422)
    assert [each["pointer"] for each in problem["errors"]] == ["/algorithmRepositoryInstanceId"]
    await node.delete(f"/algorithmRepositories/{second['id']}", status=204)
    await node.delete(f"/algorithmRepositoriesInstances/{named['id']}")


async def test_the_proxy_reaches_the_server_of_an_algorithm_repository(node: Node, instance: dict[str, Any]) -> None:
    answer = await node.http.get(f"/algorithmRepositoriesInstances/{instance['id']}/proxy/health")
    assert answer.status_code == 200
    assert answer.json()["contract"] == "oaas/1"


async def test_a_new_quota_replaces_the_container(node: Node, repository: dict[str, Any]) -> None:
    instance = await node.deploy(repository["id"], name=f"grows-{node.runtime}")
    path = f"/algorithmRepositoriesInstances/{instance['id']}"
    answer = await node.http.put(path, json={"quotaInformation": {"ram": "300MB"}, "description": "grown"})
    assert answer.status_code == 200
    async with asyncio.timeout(30):
        while (now := await node.get(path, wait=5))["unitId"] in (instance["unitId"], None) or now["status"] != "ready":
            await asyncio.sleep(0.05)
    assert (now["quotaInformation"]["ram"], now["quotaInformation"]["cpu"]) == (300_000_000, 0.5)
    assert now["description"] == "grown"
    await node.delete(path)


async def test_capacity_is_kept(runtime: str, shared_dir: Any, image: str) -> None:
    node = Node(shared_dir / f"full-{runtime}", runtime, OAAS_PURGE_ON_EXIT="true")
    await node.start()
    try:
        repository = await node.register(image)
        total = (await node.get("/info"))["computationResources"]["total"]["cpu"]
        body = {"algorithmRepositoryId": repository["id"], "quotaInformation": {"cpu": total + 1, "ram": "64MB"}}
        problem = await node.post("/algorithmRepositoriesInstances", body, status=409)
        assert problem["code"] == "capacityExceeded"
    finally:
        await node.end()


async def test_info_and_health(node: Node, instance: dict[str, Any]) -> None:
    info = await node.get("/info")
    assert info["runtime"]["name"] == node.runtime
    assert info["runtime"]["isolates"] is (node.runtime == "docker")
    assert info["computationResources"]["promised"]["cpu"] >= instance["quotaInformation"]["cpu"]
    assert info["computationResources"]["inUse"]["ram"] > 0
    changed = await node.http.put("/info", json={"description": "the best node", "owner": "me"})
    assert changed.json()["description"] == "the best node"
    assert (await node.get("/health/ready"))["status"] == "ok"


async def test_the_documentation_is_offline(node: Node) -> None:
    page = await node.http.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert (await node.get("/openapi.json"))["openapi"].startswith("3.1")


@pytest.mark.docker
async def test_the_container_is_limited_and_hardened(docker_node: Node, docker_image: str) -> None:
    repository = await docker_node.register(docker_image, name="hard")
    quota = {"cpu": "0.5 cores", "ram": "256MB", "diskSpace": "20MB", "pids": 64, "networkBandwidth": "10Mbps"}
    instance = await docker_node.deploy(repository["id"], name="hard", quotaInformation=quota)
    done = subprocess.run(["docker", "inspect", instance["unitId"]], check=True, capture_output=True)
    (facts,) = json.loads(done.stdout)
    host = facts["HostConfig"]
    assert host["NanoCpus"] == 500_000_000
    assert host["Memory"] == host["MemorySwap"] == 256_000_000
    assert host["PidsLimit"] == 64
    assert "size=20000000" in host["Tmpfs"]["/tmp"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in host["SecurityOpt"][0]
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert not host["PortBindings"]
    assert not host["Binds"]
    assert facts["Config"]["User"] not in ("", "0", "root")
    for name in ("cpu", "ram", "pids", "diskSpace"):
        assert instance["enforcedQuota"][name]["enforced"], name
    assert set(instance["enforcedQuota"]) == set(quota)


@pytest.mark.docker
async def test_memory_beyond_the_quota_fails_the_run_once(docker_node: Node, docker_image: str) -> None:
    repository = await docker_node.register(docker_image, name="hungry")
    await docker_node.deploy(repository["id"], name="hungry", quotaInformation={"cpu": 1, "ram": "128MB"})
    body = {"algorithmId": await docker_node.algorithm("eat", "hungry"), "input": 1000}
    execution = await docker_node.post("/algorithmExecutions", body, wait=60, status=200)
    assert (execution["state"], execution["error"]["type"]) == ("failed", "outOfMemory")
    assert execution["attempt"] == 1
    body = {"algorithmId": await docker_node.algorithm("noop", "hungry"), "input": {"numbers": [1]}}
    assert (await docker_node.post("/algorithmExecutions", body, wait=60, status=200))["state"] == "succeeded"


@pytest.mark.docker
async def test_an_image_that_is_no_repository_fails_with_its_log(docker_node: Node, base_image: str) -> None:
    dockerfile = f'FROM {base_image}\nUSER 65534\nCMD ["sh", "-c", "echo wrong entrance; exit 7"]\n'
    subprocess.run(
        ["docker", "build", "-t", "oaas-test/no-repository", "-"],
        input=dockerfile.encode(),
        check=True,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "DOCKER_BUILDKIT": "0"},
    )
    body = {"name": "no-repository", "image": "oaas-test/no-repository"}
    failed = await docker_node.post("/algorithmRepositories", body, wait=60)
    assert failed["status"] == "failed"
    assert "exit code 7" in failed["reason"]
    assert "wrong entrance" in failed["reason"]


@pytest.mark.docker
async def test_registering_is_as_fast_as_the_container(docker_node: Node, docker_image: str) -> None:
    began = time.monotonic()
    repository = await docker_node.register(docker_image, name="fast")
    assert repository["status"] == "ready"
    assert time.monotonic() - began < 30
