"""The table: each behaviour in each dialect, on a real server image of its kind, through a node."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from typing import Any

import pytest
from desk import Desk
from dialect import Variant

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


async def test_discover(desk: Desk) -> None:
    names = await desk.algorithms()
    assert {"add", "sleep", "count", "fail", "big", "garbage"} <= set(names)
    assert set(names["add"]["inputSchema"]["properties"]) == {"a", "b"}


async def test_validate(desk: Desk) -> None:
    problem = await desk.submit("add", {"a": "two", "b": 3}, status=422)
    assert problem["code"] == "invalidDocument"
    assert [each["pointer"] for each in problem["errors"]] == ["/input/a"]


async def test_run(desk: Desk) -> None:
    ended = await desk.run("add", {"a": 2, "b": 3})
    assert (ended["state"], ended["output"]) == ("succeeded", {"sum": 5}), ended
    assert (ended["attempt"], ended["error"]) == (1, None)


async def test_several_at_once(desk: Desk) -> None:
    submitted = [await desk.submit("add", {"a": n, "b": 1}) for n in range(6)]
    ended = await asyncio.gather(*(desk.node.execution(each["id"], wait=55) for each in submitted))
    assert [each["output"] for each in ended] == [{"sum": n + 1} for n in range(6)], ended


async def test_progress(desk: Desk) -> None:
    submitted = await desk.submit("count", {"steps": 5, "seconds": 4})
    ended = await desk.node.execution(submitted["id"], wait=55)
    assert ended["output"] == {"steps": 5}, ended
    fractions = [each["progressFraction"] for each in await _events(desk, submitted["id"])]
    seen = [each for each in fractions if each]
    assert len(set(seen)) >= 2, fractions
    assert seen == sorted(seen)


async def test_error_of_the_algorithm(desk: Desk) -> None:
    ended = await desk.run("fail", {"message": "no way to Rome"})
    assert (ended["state"], ended["attempt"]) == ("failed", 1), ended
    assert "no way to Rome" in ended["error"]["message"], ended["error"]


async def test_log(desk: Desk) -> None:
    ended = await desk.run("sleep", {"seconds": 0.25})
    log = await desk.node.http.get(f"/algorithmExecutions/{ended['id']}/logs")
    assert "sleeping 0.25" in log.text


async def test_time_limit(desk: Desk) -> None:
    began = time.monotonic()
    ended = await desk.run("sleep", {"seconds": 50}, maxRunningTimeInSeconds=1.5)
    assert (ended["state"], ended["error"]["type"]) == ("timed_out", "timeLimit"), ended
    assert time.monotonic() - began < 45, "it was let go on"
    await _works(desk, "sleep")


async def test_stop(desk: Desk) -> None:
    submitted = await desk.submit("sleep", {"seconds": 50})
    await desk.node.reaches(submitted["id"], "running")
    await desk.node.delete(f"/algorithmExecutions/{submitted['id']}", status=200)
    ended = await desk.node.execution(submitted["id"], wait=20)
    assert ended["state"] == "cancelled", ended
    await _works(desk, "sleep")


async def test_interrupt_is_refused_with_a_reason(desk: Desk) -> None:
    submitted = await desk.submit("sleep", {"seconds": 50})
    await desk.node.reaches(submitted["id"], "running")
    problem = await desk.node.post(f"/algorithmExecutions/{submitted['id']}/interrupt", status=409)
    assert problem["code"] == "notSupported"
    await desk.node.delete(f"/algorithmExecutions/{submitted['id']}", status=200)
    await _works(desk, "sleep")


async def test_container_killed(desk: Desk) -> None:
    deployed = await desk.deployed("sleep")
    submitted = await desk.submit("sleep", {"seconds": 4})
    await desk.node.reaches(submitted["id"], "running")
    for container in desk.containers(deployed["instance"]["id"]):
        subprocess.run(["docker", "kill", container], check=True, capture_output=True)
    ended = await desk.node.execution(submitted["id"], wait=55)
    assert (ended["state"], ended["attempt"], ended["output"]) == ("succeeded", 2, {"slept": 4}), ended


async def test_node_killed(desk: Desk) -> None:
    submitted = await desk.submit("sleep", {"seconds": 6})
    await desk.node.reaches(submitted["id"], "running")
    await desk.node.kill()
    await desk.node.start()
    ended = await desk.node.execution(submitted["id"], wait=55)
    assert (ended["state"], ended["output"], ended["attempt"]) == ("succeeded", {"slept": 6}, 1), ended


async def test_huge_output(desk: Desk) -> None:
    ended = await desk.run("big", {"bytes": 20_000_000})
    assert ended["state"] == "succeeded", ended
    output = await desk.node.http.get(f"/algorithmExecutions/{ended['id']}/output")
    assert output.json() == {"text": "x" * 20_000_000}


async def test_output_that_is_not_json(desk: Desk) -> None:
    ended = await desk.run("garbage", {})
    assert ended["state"] == "failed", ended
    assert ended["error"]["type"] in ("invalidOutput", "contractBroken"), ended["error"]
    await _works(desk, "garbage")


async def test_slow_start(desk: Desk) -> None:
    began = time.monotonic()
    repository = await desk.register(Variant.SLOW)
    assert (repository["status"], repository["protocol"]) == ("ready", desk.dialect.name), repository["reason"]
    assert time.monotonic() - began > 4


async def test_never_ready(desk: Desk) -> None:
    repository = await desk.register(Variant.NEVER, readyTimeoutInSeconds=4)
    assert repository["status"] == "failed", repository
    assert "did not become ready within 4 seconds" in repository["reason"]


async def _works(desk: Desk, ran: str) -> None:
    """The instance on which an algorithm ran takes runs as before."""
    algorithm, input, output = desk.proof(ran)
    ended = await desk.run(algorithm, input)
    assert ended["output"] == output, ended


async def _events(desk: Desk, id_: int) -> list[dict[str, Any]]:
    events = []
    async with desk.node.http.stream("GET", f"/algorithmExecutions/{id_}/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line[6:]))
    return events
