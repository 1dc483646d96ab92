"""Several processes serve one node, and several nodes one database: one process leads, another one takes over."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from conftest import SAMPLE
from nodes import Node

WORKERS = 3


@pytest.fixture
async def node(shared_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[Node]:
    """A node of three processes with its embedded database, and an instance."""
    node = Node(
        shared_dir / f"workers-{request.node.name[:40]}",
        "process",
        OAAS_WORKERS=str(WORKERS),
        OAAS_PURGE_ON_EXIT="true",
        OAAS_POLL_INTERVAL="1",
    )
    await node.start()
    await node.deploy((await node.register(str(SAMPLE)))["id"], name="one")
    yield node
    if not node.runs:
        await node.start()
    await node.end()


async def test_all_processes_take_work_and_give_results(node: Node) -> None:
    algorithm = await node.algorithm("noop")
    served: Counter[int] = Counter()
    async with asyncio.timeout(60):
        while len(served) < WORKERS or min(served.values()) < 3:
            async with _on_a_process(node) as (pid, http):
                body = {"algorithmId": algorithm, "input": {"numbers": [1, len(served)]}}
                answer = await http.post("/algorithmExecutions", json=body, headers={"Prefer": "wait=30"})
                assert answer.json()["output"] == {"sum": 1 + len(served)}
                served[pid] += 1
    assert set(served) == {child.pid for child in _members(node)}


async def test_every_process_sees_what_others_do(node: Node) -> None:
    """Event streams, waiting, batches, logs: wherever the execution was submitted."""
    async with _on_the_leader(node) as (_, leader), _on_a_process(node, leader=False) as (_, other):
        algorithm = await node.algorithm("search")
        submitted = (await leader.post("/algorithmExecutions", json={"algorithmId": algorithm, "input": 1.0})).json()
        path = f"/algorithmExecutions/{submitted['id']}"
        states = await _states(other, submitted["id"])
        assert states[0] == "queued"
        assert states[-1] == "succeeded"
        assert states.count("running") > 1
        lines = "".join(json.dumps({"algorithmId": algorithm, "input": 0.1}) + "\n" for _ in range(5))
        batch = await other.post("/algorithmExecutions/batch", content=lines, headers={"Prefer": "wait=30"})
        ended = [json.loads(line)["execution"] for line in batch.text.splitlines()]
        assert [each["state"] for each in ended] == ["succeeded"] * 5
        waited = await other.get(f"/algorithmExecutions/{ended[0]['id']}")
        assert waited.json()["state"] == "succeeded"
        assert "the search ends" in (await other.get(f"{path}/logs")).text
        assert (await other.delete(f"{path}?purge=true")).status_code == 204
        assert (await leader.get(path)).status_code == 404


async def test_the_leader_is_killed_under_load(node: Node) -> None:
    algorithm = await node.algorithm("noop")
    before = await _leader(node)
    ids: set[int] = set()

    async def submit(number: int) -> None:
        body = {"algorithmId": algorithm, "input": {"numbers": [number], "sleepSeconds": 0.05}}
        answer = await _persistently(node, body)
        ids.add(answer["id"])

    async with asyncio.TaskGroup() as tasks:
        for number in range(100):
            tasks.create_task(submit(number))
            if number == 50:
                await _ended_of(node, 5)
                os.kill(before, signal.SIGKILL)
    assert len(ids) == 100
    ended = [await node.execution(id_, wait=60) for id_ in sorted(ids)]
    assert Counter(each["state"] for each in ended) == {"succeeded": 100}
    # None was stored twice, though submissions were repeated; and attempts say how often each one was started.
    assert {each["id"] for each in (await node.get("/algorithmExecutions", limit=1000))["items"]} == ids
    for each in ended:
        assert (await _states(node.http, each["id"])).count("starting") == each["attempt"]
    assert sum(each["attempt"] for each in ended) < 150, "most runs should not have noticed"
    assert await _leader(node) != before


async def test_a_leader_that_hangs_is_replaced_and_does_no_harm_later(node: Node) -> None:
    hanging = await _leader(node)
    os.kill(hanging, signal.SIGSTOP)
    try:
        async with asyncio.timeout(40):
            while len({hanging} | _leaders_by_log(node)) < 2:
                await asyncio.sleep(0.1)
    finally:
        os.kill(hanging, signal.SIGCONT)
    execution = await node.run("noop", {"numbers": [1, 2]})
    assert execution["output"] == {"sum": 3}
    async with asyncio.timeout(20):
        while (await _leader(node)) == hanging:
            await asyncio.sleep(0.1)


async def test_the_end_ends_all(node: Node) -> None:
    processes = [psutil.Process(node.pid), *_members(node)]
    assert len(processes) == 1 + WORKERS
    execution = await node.run("search", 60, wait=None)
    await node.reaches(execution["id"], "running")
    units = _below(node, "supervisor.py")
    assert units
    async with asyncio.timeout(15):
        await node.end()
    assert not [each for each in [*processes, *units] if _lives(each)]
    assert not _below(node, str(node.data_dir))
    await node.start()


async def test_a_killed_parent_takes_its_processes_along(node: Node) -> None:
    processes = _members(node)
    execution = await node.run("search", 4.0, wait=None)
    await node.reaches(execution["id"], "running")
    await node.kill()
    await _gone(processes, 5)
    await node.start()
    ended = await node.execution(execution["id"], wait=60)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended["error"]


async def test_a_process_that_was_killed_is_started_again(node: Node) -> None:
    victims = _members(node)
    for victim in victims:
        victim.kill()
    await _gone(victims, 5)
    async with asyncio.timeout(30):
        while len(_members(node)) < WORKERS:
            await asyncio.sleep(0.05)
    execution = await _persistently(node, {"algorithmId": await node.algorithm("noop"), "input": {"numbers": [4]}})
    assert (await node.execution(execution["id"], wait=30))["output"] == {"sum": 4}


async def test_what_keeps_processes_from_starting_is_said(shared_dir: Path, fresh_dsn: str) -> None:
    node = Node(shared_dir / "refused", "process", OAAS_WORKERS="2", DATABASE_URL=fresh_dsn, OAAS_SECRET_KEY="short")
    with pytest.raises(AssertionError, match="OAAS_SECRET_KEY"):
        await node.start()
    assert not _below(node, str(node.data_dir))


@pytest.mark.docker
async def test_another_node_takes_over_and_adopts(
    shared_dir: Path, fresh_dsn: str, docker_engine: None, docker_image: str
) -> None:
    """Two nodes with their own data directories on one database and one engine."""
    settings = {"DATABASE_URL": fresh_dsn, "OAAS_PURGE_ON_EXIT": "true", "OAAS_POLL_INTERVAL": "1"}
    first = Node(shared_dir / "first", "docker", **settings)
    second = Node(shared_dir / "second", "docker", **settings)
    await first.start()
    await second.start()
    try:
        assert (await first.get("/health/ready"))["leader"]
        assert not (await second.get("/health/ready"))["leader"]
        await second.deploy((await second.register(docker_image))["id"], name="one", strict=True)
        (before,) = (await second.get("/algorithmRepositoriesInstances"))["items"]
        running = await second.run("search", 6.0, wait=None)
        queued = await second.run("noop", {"numbers": [1]}, wait=None)
        await second.reaches(running["id"], "running")
        await first.kill()
        async with asyncio.timeout(5):
            while not (await second.get("/health/ready"))["leader"]:
                await asyncio.sleep(0.05)
        ended = await second.execution(running["id"], wait=60)
        assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended["error"]
        assert (await second.execution(queued["id"], wait=60))["state"] == "succeeded"
        (after,) = (await second.get("/algorithmRepositoriesInstances"))["items"]
        assert (after["unitId"], after["status"]) == (before["unitId"], "ready")
        # One that stands by ends without touching what the leader has.
        await first.start()
        assert not (await first.get("/health/ready"))["leader"]
        await first.end()
        assert (await second.run("noop", {"numbers": [2]}))["output"] == {"sum": 2}
    finally:
        await first.end()
        await second.end()


@asynccontextmanager
async def _on_a_process(node: Node, *, leader: bool | None = None) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    """A client with one connection of its own, and the process that has accepted it."""
    async with asyncio.timeout(30):
        while True:
            limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
            http = httpx.AsyncClient(base_url=node.url, timeout=60, limits=limits)
            health = (await http.get("/health/ready")).json()
            if leader is None or health["leader"] == leader:
                break
            await http.aclose()
    try:
        yield health["process"], http
    finally:
        await http.aclose()


def _on_the_leader(node: Node) -> Any:
    return _on_a_process(node, leader=True)


async def _leader(node: Node) -> int:
    async with _on_the_leader(node) as (pid, _):
        return pid


def _leaders_by_log(node: Node) -> set[int]:
    lines = [json.loads(line) for line in node.log.read_text().splitlines() if '"this process leads"' in line]
    return {lines[-1]["process"]}


async def _persistently(node: Node, body: dict[str, Any]) -> dict[str, Any]:
    """Submit once, however often the connection breaks."""
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with asyncio.timeout(60):
        while True:
            try:
                async with httpx.AsyncClient(base_url=node.url, timeout=30) as http:
                    answer = await http.post("/algorithmExecutions", json=body, headers=headers)
                assert answer.status_code == 202, answer.text
                return dict(answer.json())
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def _ended_of(node: Node, count: int) -> None:
    async with asyncio.timeout(30):
        while len((await node.get("/algorithmExecutions", state="succeeded", limit=100))["items"]) < count:
            await asyncio.sleep(0.02)


async def _states(http: httpx.AsyncClient, id_: int) -> list[str]:
    """Of all events until the end."""
    async with http.stream("GET", f"/algorithmExecutions/{id_}/events") as stream:
        return [json.loads(line[6:])["state"] async for line in stream.aiter_lines() if line.startswith("data: ")]


def _members(node: Node) -> list[psutil.Process]:
    return [each for each in psutil.Process(node.pid).children() if "oaasplatform.member" in _command(each)]


def _below(node: Node, word: str) -> list[psutil.Process]:
    """Processes that have the word and the node's directory in their command."""
    both: Callable[[str], bool] = lambda command: word in command and str(node.data_dir) in command  # noqa: E731
    return [each for each in psutil.process_iter() if both(_command(each))]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def _gone(processes: list[psutil.Process], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while any(map(_lives, processes)):
            await asyncio.sleep(0.05)
