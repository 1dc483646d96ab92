"""What is killed comes back, and nothing accepted is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from typing import Any

import httpx
import psutil
from nodes import Node


async def test_a_killed_container_is_replaced_and_its_run_repeated(own_node: Node) -> None:
    execution = await own_node.run("search", 4.0, wait=None)
    await own_node.reaches(execution["id"], "running")
    before = await _instance(own_node)
    _kill_unit(own_node, before)
    ended = await own_node.execution(execution["id"], wait=60)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 2)
    after = await _instance(own_node)
    assert after["unitId"] != before["unitId"]
    assert after["status"] == "ready"


async def test_attempts_end(own_node: Node) -> None:
    execution = await own_node.run("search", 60, wait=None)
    for attempt in (1, 2):
        async with asyncio.timeout(30):
            while True:
                now = await own_node.execution(execution["id"])
                if (now["state"], now["attempt"]) == ("running", attempt):
                    break
                await asyncio.sleep(0.05)
        _kill_unit(own_node, await _instance(own_node))
    ended = await own_node.execution(execution["id"], wait=60)
    assert (ended["state"], ended["error"]["type"]) == ("failed", "infrastructureLost")


async def test_a_killed_node_goes_on_where_it_was(own_node: Node) -> None:
    running = await own_node.run("search", 4.0, wait=None)
    queued = await own_node.run("noop", {"numbers": [1]}, wait=None)
    await own_node.reaches(running["id"], "running")
    unit = (await _instance(own_node))["unitId"]
    await own_node.kill()
    await own_node.start()
    ended = await own_node.execution(running["id"], wait=60)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended["error"]
    assert (await own_node.execution(queued["id"], wait=60))["state"] == "succeeded"
    assert (await _instance(own_node))["unitId"] == unit


async def test_a_result_that_came_while_the_node_was_away_is_not_lost(own_node: Node) -> None:
    execution = await own_node.run("search", 1.0, wait=None)
    await own_node.reaches(execution["id"], "running")
    await own_node.kill()
    await asyncio.sleep(2.0)  # the run ends meanwhile: that is the point
    await own_node.start()
    ended = await own_node.execution(execution["id"], wait=30)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended["error"]
    assert "the search ends" in (await own_node.http.get(f"/algorithmExecutions/{execution['id']}/logs")).text


async def test_everything_killed_at_once(own_node: Node) -> None:
    execution = await own_node.run("search", 2.0, wait=None)
    await own_node.reaches(execution["id"], "running")
    instance = await _instance(own_node)
    await own_node.kill()
    _kill_unit(own_node, instance)
    _kill_postgres(own_node)
    await own_node.start()
    ended = await own_node.execution(execution["id"], wait=60)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 2), ended["error"]


async def test_the_database_dies_and_comes_back(own_node: Node) -> None:
    assert (await own_node.get("/health/ready"))["status"] == "ok"
    execution = await own_node.run("search", 3.0, wait=None)
    await own_node.reaches(execution["id"], "running")
    _kill_postgres(own_node)
    statuses = set()
    async with asyncio.timeout(30):
        while 503 not in statuses or statuses == {503}:
            answer = await own_node.http.get("/health/ready")
            statuses.add(answer.status_code)
            if answer.status_code == 503:
                break
    async with asyncio.timeout(30):
        while (await own_node.http.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.05)
    assert (await own_node.http.get("/health/live")).status_code == 200
    ended = await own_node.execution(execution["id"], wait=30)
    assert ended["state"] == "succeeded"


async def test_forged_callbacks_change_nothing(own_node: Node) -> None:
    execution = await own_node.run("search", 30, wait=None)
    await own_node.reaches(execution["id"], "running")
    listener = _callback_listener(own_node)
    forged = {"executionId": f"{execution['id']}-1", "status": 0, "sequence": 10**9, "output": "forged"}
    async with httpx.AsyncClient(base_url=listener) as container:
        for secret in ("", "0" * 32, "\N{SNOWMAN}"):
            answer = await container.post(f"/callback/{execution['id']}", params={"secret": secret}, json=forged)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
        # Nothing else of the node is there for containers.
        for path in ("/algorithmRepositories", "/info", "/docs", "/openapi.json", "/health/live"):
            assert (await container.get(path)).status_code == 404
    assert (await own_node.execution(execution["id"]))["state"] == "running"
    await own_node.delete(f"/algorithmExecutions/{execution['id']}", status=200)


async def test_instances_outlive_a_node_that_ends_in_order(own_node: Node) -> None:
    own_node.settings["OAAS_PURGE_ON_EXIT"] = "false"
    await own_node.kill()
    await own_node.start()
    unit = (await _instance(own_node))["unitId"]
    await own_node.end()
    own_node.settings["OAAS_PURGE_ON_EXIT"] = "true"
    await own_node.start()
    assert (await _instance(own_node))["unitId"] == unit
    assert (await own_node.run("noop", {"numbers": [1]}))["attempt"] == 1


async def test_instances_stop_with_the_node_if_told_so(own_node: Node) -> None:
    own_node.settings.update(OAAS_PURGE_ON_EXIT="false", OAAS_STOP_INSTANCES_ON_EXIT="true")
    await own_node.kill()
    await own_node.start()
    unit = (await _instance(own_node))["unitId"]
    await own_node.end()
    own_node.settings["OAAS_PURGE_ON_EXIT"] = "true"
    await own_node.start()
    assert (await own_node.run("noop", {"numbers": [1]}))["state"] == "succeeded"
    assert (await _instance(own_node))["unitId"] != unit


FIXED_PORT = 5000
"""Where dialects with a fixed port call back."""


async def _instance(node: Node) -> dict[str, Any]:
    (instance,) = (await node.get("/algorithmRepositoriesInstances"))["items"]
    return dict(instance)


def _kill_unit(node: Node, instance: dict[str, Any]) -> None:
    if node.runtime == "docker":
        subprocess.run(["docker", "kill", instance["unitId"]], check=True, capture_output=True)
        return
    marks = [p for p in psutil.process_iter(["cmdline", "environ"]) if _serves(p, node, instance)]
    assert marks
    for process in marks:
        with contextlib.suppress(psutil.NoSuchProcess):  # workers end with their server
            process.kill()


def _serves(process: psutil.Process, node: Node, instance: dict[str, Any]) -> bool:
    port_file = (process.info["environ"] or {}).get("OAAS_PORT_FILE", "")
    return port_file.startswith(str(node.data_dir)) and bool(instance["unitId"])


def _kill_postgres(node: Node) -> None:
    pid = int((node.data_dir / "postgresql" / "18" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


def _callback_listener(node: Node) -> str:
    ours = [c for c in psutil.Process(node.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    public = int(node.url.rpartition(":")[2])
    (callback,) = [c for c in ours if c.laddr.port not in (public, FIXED_PORT)]
    return f"http://{callback.laddr.ip}:{callback.laddr.port}"
