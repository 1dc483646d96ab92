"""Many submissions in one request, and what waiting executions have to expect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nodes import Node

NDJSON = {"Content-Type": "application/x-ndjson"}


async def _batch(node: Node, lines: list[bytes], **headers: str) -> list[dict[str, Any]]:
    answer = await node.http.post(
        "/algorithmExecutions/batch", content=b"\n".join(lines) + b"\n", headers={**NDJSON, **headers}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def _line(node: Node, numbers: list[float], **fields: Any) -> bytes:
    body = {"algorithmId": await node.algorithm("noop"), "input": {"numbers": numbers}, **fields}
    return json.dumps(body).encode()


async def test_each_line_gets_its_own_result(node: Node, instance: dict[str, Any]) -> None:
    lines = [await _line(node, [n, 1]) for n in range(500)]
    answers = await _batch(node, lines, Prefer="wait=50")
    assert sorted(each["line"] for each in answers) == list(range(500))
    assert all(each["execution"]["output"] == {"sum": each["line"] + 1} for each in answers)
    assert {each["execution"]["attempt"] for each in answers} == {1}
    stored = await node.execution(answers[-1]["execution"]["id"])
    assert stored == answers[-1]["execution"]


async def test_a_bad_line_keeps_nobody_else_out(node: Node, instance: dict[str, Any]) -> None:
    good = await _line(node, [1, 2])
    lines = [
        good,
        b"{",
        b'{"algorithmId": 1}',
        b'{"algorithmId": 999999, "input": {}}',
        b"",
        await _line(node, ["x"]),  # type: ignore[list-item]
        good,
    ]
    answers = {each["line"]: each for each in await _batch(node, lines, Prefer="wait=30")}
    assert [answers[n]["execution"]["state"] for n in (0, 5)] == ["succeeded", "succeeded"]
    assert [answers[n]["problem"]["status"] for n in (1, 2, 3, 4)] == [400, 422, 404, 422]
    assert answers[4]["problem"]["errors"][0]["pointer"] == "/input/numbers/0"


async def test_without_a_wait_the_executions_are_on_their_way(node: Node, instance: dict[str, Any]) -> None:
    answers = await _batch(node, [await _line(node, [n]) for n in range(3)])
    assert [each["line"] for each in answers] == [0, 1, 2]
    ended = [await node.execution(each["execution"]["id"], wait=30) for each in answers]
    assert [each["output"] for each in ended] == [{"sum": n} for n in range(3)]


async def test_long_runs_among_short_ones(node: Node, instance: dict[str, Any]) -> None:
    """A run that turns out to be long keeps those behind it waiting, but not for ever, and none runs twice."""
    algorithm = await node.algorithm("noop")
    inputs = [{"numbers": [n], "sleepSeconds": 1.0 if n == 40 else 0.0} for n in range(120)]
    lines = [json.dumps({"algorithmId": algorithm, "input": each}).encode() for each in inputs]
    answers = await _batch(node, lines, Prefer="wait=50")
    assert sorted(each["execution"]["output"]["sum"] for each in answers) == list(range(120))


async def test_what_is_stopped_while_it_waits_within_an_instance_never_runs(
    node: Node, instance: dict[str, Any]
) -> None:
    await _batch(node, [await _line(node, [n]) for n in range(100)], Prefer="wait=50")
    search = {"algorithmId": await node.algorithm("search"), "input": 50}
    for _ in range(3):
        started = await _batch(node, [json.dumps(search).encode()] * 5)
        for each in started:
            await node.delete(f"/algorithmExecutions/{each['execution']['id']}", status=200)
        # Nothing that nobody knows of holds the slot.
        ended = await node.run("noop", {"numbers": [1, 2]}, wait=20)
        assert ended["state"] == "succeeded", ended


async def test_a_batch_that_is_not_waited_for_long_enough(node: Node, instance: dict[str, Any]) -> None:
    algorithm = await node.algorithm("noop")
    body = {"algorithmId": algorithm, "input": {"numbers": [1], "sleepSeconds": 3}}
    (answer,) = await _batch(node, [json.dumps(body).encode()], Prefer="wait=0.5")
    assert answer["execution"]["state"] in ("starting", "running")
    ended = await node.execution(answer["execution"]["id"], wait=30)
    assert ended["state"] == "succeeded"


async def _submitted(node: Node, lines: list[bytes], **parameters: str) -> int:
    """Id of the batch of these lines."""
    answer = await node.http.post(
        "/algorithmExecutions/batch", content=b"\n".join(lines), headers=NDJSON, params=parameters
    )
    path, _, id_ = answer.headers["location"].rpartition("/")
    assert path == "/algorithmExecutions/batches"
    executions = [json.loads(line)["execution"] for line in answer.text.splitlines()]
    assert {each["batchId"] for each in executions} == {int(id_)}
    return int(id_)


async def _results(node: Node, id_: int, most: int, **parameters: str) -> list[dict[str, Any]]:
    """The first results of a batch, as a reader gets them who leaves then."""
    found: list[dict[str, Any]] = []
    path = f"/algorithmExecutions/batches/{id_}/results"
    async with node.http.stream("GET", path, params={"follow": "true", **parameters}) as stream:
        assert stream.status_code == 200
        async for line in stream.aiter_lines():
            found.append(json.loads(line))
            if len(found) == most:
                break
    return found


async def test_a_batch_is_one_thing(node: Node, instance: dict[str, Any]) -> None:
    lines = [await _line(node, [n]) for n in range(60)]
    id_ = await _submitted(node, lines, userId="ada")
    first = await _results(node, id_, 20)
    rest = await _results(node, id_, 1000, cursor=first[-1]["cursor"])
    ended = [each["execution"] for each in (*first, *rest)]
    assert sorted(each["output"]["sum"] for each in ended) == list(range(60))
    assert [each["finishedAt"] for each in ended] == sorted(each["finishedAt"] for each in ended)
    assert {each["userId"] for each in ended} == {"ada"}
    batch = await node.get(f"/algorithmExecutions/batches/{id_}")
    assert (batch["size"], batch["counts"]["succeeded"], batch["progress"]) == (60, 60, 1)
    assert (batch["complete"], batch["ended"], batch["stopped"], batch["userId"]) == (True, True, False, "ada")
    listed = await node.get("/algorithmExecutions/batches", userId="ada", limit=1)
    assert listed["items"] == [batch]
    page = await node.get("/algorithmExecutions", batchId=id_, limit=1000)
    assert sorted(each["id"] for each in page["items"]) == sorted(each["id"] for each in ended)
    problem = await node.get(f"/algorithmExecutions/batches/{id_}/results", status=422, cursor="1~x")
    assert problem["code"] == "invalidDocument"
    assert (await node.get("/algorithmExecutions/batches/999999999", status=404))["code"] == "notFound"


async def test_what_nobody_accepted_is_no_batch(node: Node) -> None:
    answer = await node.http.post("/algorithmExecutions/batch", content=b"{}", headers=NDJSON)
    assert answer.status_code == 200
    assert "location" not in answer.headers


@pytest.mark.parametrize("runtime", ["process"], indirect=True, scope="session")
async def test_a_large_batch_keeps_nobody_waiting_and_is_stopped_as_a_whole(
    node: Node, instance: dict[str, Any]
) -> None:
    id_ = await _submitted(node, [await _line(node, [1])] * 10_000, userId="many")
    one = await node.run("noop", {"numbers": [1, 2]}, userId="one")
    assert one["state"] == "succeeded"
    batch = await node.get(f"/algorithmExecutions/batches/{id_}")
    assert not batch["ended"]
    assert batch["counts"]["queued"] > 0, "it was served among those of the batch"
    stopped = await node.delete(
        f"/algorithmExecutions/batches/{id_}", status=200, userId="many", reason="changed my mind"
    )
    assert (stopped["ended"], stopped["stopped"], stopped["size"]) == (True, True, 10_000)
    assert stopped["counts"]["succeeded"] + stopped["counts"]["cancelled"] == 10_000
    (last,) = (await node.get("/algorithmExecutions", batchId=id_, state="cancelled", limit=1))["items"]
    assert (last["cause"], last["cancelledBy"]) == (
        "cancelledByUser",
        {"userId": "many", "reason": "changed my mind"},
    )
    after = await node.run("noop", {"numbers": [1, 2]}, userId="one")
    assert after["state"] == "succeeded"


async def test_what_waits_knows_its_place(own_node: Node) -> None:
    algorithm = await own_node.algorithm("noop")
    for _ in range(3):
        await own_node.run("noop", {"numbers": [1], "sleepSeconds": 0.5})
    busy = await own_node.run("noop", {"numbers": [1], "sleepSeconds": 20}, wait=None)
    waiting = [await own_node.run("noop", {"numbers": [n]}, wait=None) for n in range(3)]
    urgent = await own_node.run("noop", {"numbers": [9]}, wait=None, priority=5)
    seen = [await own_node.execution(each["id"]) for each in (urgent, *waiting)]
    assert [each["position"] for each in seen] == [1, 2, 3, 4]
    assert {each["reason"] for each in seen} == {"All slots of the ready instances are taken."}
    estimates = [each["estimatedStartInSeconds"] for each in seen]
    assert estimates[0] >= 0.5
    assert estimates == pytest.approx([n * estimates[0] for n in (1, 2, 3, 4)], rel=0.01)

    body = {"algorithmId": algorithm, "input": {"numbers": [1]}}
    forecast = await own_node.post("/algorithmExecutions/dryRun", body, status=200)
    assert (forecast["accepted"], forecast["position"]) == (True, 5)
    problem = await own_node.post("/algorithmExecutions/dryRun", {**body, "input": {}}, status=422)
    assert problem["code"] == "invalidDocument"
    assert len((await own_node.get("/algorithmExecutions", state="queued"))["items"]) == 4

    await own_node.delete(f"/algorithmExecutions/{busy['id']}", status=200)
    ended = await own_node.execution(waiting[-1]["id"], wait=30)
    assert (ended["position"], ended["state"]) == (None, "succeeded")


async def test_a_rerun_repeats_it(node: Node, instance: dict[str, Any]) -> None:
    first = await node.run("noop", {"numbers": [3, 4]}, priority=2, userId="ada", maxRunningTimeInSeconds=30)
    again = await node.post(f"/algorithmExecutions/{first['id']}/rerun", wait=30, status=200)
    assert again["id"] > first["id"]
    for field in ("output", "inputHash", "imageDigest", "algorithmVersion", "quotaInformation", "priority", "userId"):
        assert again[field] == first[field], field
    assert len(first["inputHash"]) == 64
    assert first["imageDigest"]


async def test_a_line_has_no_large_input(node: Node, instance: dict[str, Any]) -> None:
    line = json.dumps({"algorithmId": await node.algorithm("echo"), "input": "x" * 3_000_000}).encode()
    answer = await node.http.post("/algorithmExecutions/batch", content=line)
    assert (answer.status_code, answer.json()["code"]) == (413, "payloadTooLarge")
