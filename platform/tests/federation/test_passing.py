"""The API of a node through the master: paths, streams, large bodies, and what web pages may do."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from members import Federation, Member

MIB = 2**20
SIZE = 48 * MIB
MEMORY = 24 * MIB
"""What the master may need for a body of ``SIZE``, beside what it has."""


async def test_a_nodes_resources_are_found_below_its_id(federation: Federation) -> None:
    for member in federation.members:
        for resource in ("algorithmRepositories", "algorithmRepositoriesInstances", "algorithmExecutions"):
            there = await member.node.get(f"/{resource}")
            assert await federation.master.get(f"/{resource}/{member.id}") == there
            for item in there["items"]:
                assert (await federation.master.get(f"/{resource}/{member.id}/{item['id']}"))["id"] == item["id"]
    unknown = await federation.master.get("/algorithmRepositories/999999", status=404)
    assert "node" in unknown["detail"]


async def test_an_execution_through_the_master(federation: Federation) -> None:
    """Submitted, followed as it runs, interrupted; where it is said to be, it is found."""
    member = federation.members[0]
    body = {"algorithmId": await member.node.algorithm("search"), "input": 600.0}
    http = federation.master.http
    answer = await http.post(f"/algorithmExecutions/{member.id}", json=body)
    assert answer.status_code == 202
    place = answer.headers["location"]
    assert place == f"/algorithmExecutions/{member.id}/{answer.json()['id']}"
    states = []
    async with http.stream("GET", f"{place}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if not line.startswith("data: "):
                continue
            view = json.loads(line[6:])
            states.append(view["state"])
            if view["state"] == "running" and states.count("running") == 3:
                # Events come while it runs.
                await federation.master.interrupt(place)
    assert states[-1] == "succeeded"
    assert (await federation.master.get(f"{place}/output"))["interrupted"] is True
    assert "the search ends" in (await http.get(f"{place}/logs")).text


async def test_the_server_of_an_instance_is_reached_through_both(federation: Federation) -> None:
    member = federation.members[0]
    (instance,) = (await member.node.get("/algorithmRepositoriesInstances"))["items"]
    root = f"/algorithmRepositoriesInstances/{member.id}/{instance['id']}/proxy"
    health = await federation.master.http.get(f"{root}/health", headers={"Origin": "null"})
    assert health.json()["status"] == "ok"
    assert "sandbox" in health.headers["content-security-policy"]
    redirect = await federation.master.http.get(root)
    assert (redirect.status_code, redirect.headers["location"]) == (308, f"{root}/")


async def test_large_bodies_are_not_kept(federation: Federation) -> None:
    """In both directions, much faster than the master's memory grows."""
    member = federation.members[0]
    algorithm = await member.node.algorithm("echo")
    before = _memory(federation, reset=True)
    answer = await federation.master.http.post(
        f"/algorithmExecutions/{member.id}", content=_submission(algorithm), headers={"Prefer": "wait=120"}, timeout=150
    )
    assert answer.status_code == 200, answer.text
    size = 0
    place = f"/algorithmExecutions/{member.id}/{answer.json()['id']}/output"
    async with federation.master.http.stream("GET", place, timeout=60) as output:
        async for piece in output.aiter_bytes():
            size += len(piece)
    assert size == SIZE + 2
    assert _memory(federation) - before < MEMORY


async def test_pages_of_others_change_nothing(federation: Federation) -> None:
    member = federation.members[0]
    path = f"/algorithmExecutions/{member.id}"
    foreign = await federation.master.http.post(path, json={}, headers={"Origin": "http://evil.example"})
    assert foreign.json()["code"] == "foreignOrigin"
    own = {"Origin": federation.master.url, "Sec-Fetch-Site": "same-origin"}
    answer = await federation.master.http.post(path, json={}, headers=own)
    assert answer.json()["code"] == "invalidRequest", "the node has seen it"


async def test_a_node_that_has_just_died(federation: Federation, spare: Member) -> None:
    """The master does not know it yet, and says what it found."""
    await spare.join(await federation.token())
    await federation.becomes(spare, "ready")
    await spare.node.kill()
    spare.to_node.loses = b""
    answer = await federation.master.http.get(f"/algorithmRepositories/{spare.id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "nodeUnreachable")
    assert "'spare'" in answer.json()["detail"]
    spare.to_node.loses = None
    await spare.node.start()


async def test_nobody_waits_for_a_node_that_hangs(federation: Federation) -> None:
    """It takes connections and says nothing; once the master has noticed, whoever waits is told."""
    member = federation.members[1]
    os.kill(member.node.pid, signal.SIGSTOP)
    try:
        answer = await federation.master.http.get(f"/algorithmRepositories/{member.id}")
        assert (answer.status_code, answer.json()["code"]) == (503, "nodeUnreachable")
        assert (await federation.registered(member))["status"] == "unreachable"
    finally:
        os.kill(member.node.pid, signal.SIGCONT)
    await federation.becomes(member, "ready")


async def _submission(algorithm: int) -> AsyncIterator[bytes]:
    yield b'{"algorithmId": %d, "input": "' % algorithm
    for _ in range(SIZE // MIB):
        yield b"x" * MIB
    yield b'"}'


def _memory(federation: Federation, *, reset: bool = False) -> int:
    """The most that the master had since the last reset, in bytes."""
    process = Path(f"/proc/{federation.master.pid}")
    if reset:
        (process / "clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s*(\d+) kB", (process / "status").read_text())
    assert found
    return int(found[1]) * 1024
