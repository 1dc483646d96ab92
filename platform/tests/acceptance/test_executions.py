"""Executions from submission to result, on real instances."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from nodes import Node

pytestmark = pytest.mark.usefixtures("instance")


async def test_two_runs_are_compared(node: Node) -> None:
    one = await node.run("noop", {"numbers": [3, 4]}, userId="ada")
    again = await node.post(f"/algorithmExecutions/{one['id']}/rerun", wait=30, status=200)
    same = await node.get(f"/algorithmExecutions/{one['id']}/compare/{again['id']}")
    assert same["record"] == []
    assert (same["input"]["same"], same["output"]["same"]) == (True, True)
    assert {each["pointer"] for each in same["result"]} <= {"/cpuTimeInSeconds", "/waitedInSeconds", "/ranInSeconds"}
    other = await node.run("fail", "infeasible")
    different = await node.get(f"/algorithmExecutions/{one['id']}/compare/{other['id']}")
    record = {each["pointer"]: each for each in different["record"]}
    assert record["/userId"] == {"pointer": "/userId", "value": "ada", "other": None}
    assert {"/algorithmName", "/inputHash"} <= set(record)
    assert different["input"]["differences"][0] == {"pointer": "", "value": {"numbers": [3, 4]}, "other": "infeasible"}
    assert different["output"]["differences"] == [{"pointer": "", "value": {"sum": 7}}]
    assert {"/state", "/cause"} <= {each["pointer"] for each in different["result"]}
    await node.get(f"/algorithmExecutions/{one['id']}/compare/999999999", status=404)


async def test_who_stopped_it_is_told(node: Node) -> None:
    by_user, by_operator = [await node.run("search", 30, wait=None) for _ in range(2)]
    stopped = await node.delete(f"/algorithmExecutions/{by_user['id']}", status=200, userId="ada", reason="too long")
    assert stopped["error"]["message"] == "The execution was stopped by user ada: too long"
    assert (stopped["cause"], stopped["cancelledBy"]) == ("cancelledByUser", {"userId": "ada", "reason": "too long"})
    stopped = await node.delete(f"/algorithmExecutions/{by_operator['id']}", status=200)
    assert (stopped["cause"], stopped["cancelledBy"]["userId"]) == ("cancelledByOperator", None)
    assert stopped["advice"]


async def test_attempts(node: Node, instance: dict[str, Any]) -> None:
    execution = await node.run("noop", {"numbers": [1]})
    *busy, last = (await node.get(f"/algorithmExecutions/{execution['id']}/attempts"))["items"]
    assert all(each["state"] == "queued" and each["reason"] for each in busy)
    assert (last["attempt"], last["state"], last["reason"]) == (execution["attempt"], "succeeded", None)
    assert (last["startedAt"], last["endedAt"]) == (execution["startedAt"], execution["finishedAt"])


async def test_a_result_in_one_call(node: Node) -> None:
    execution = await node.run("noop", {"numbers": [1, 2, 3.5]})
    assert (execution["state"], execution["status"], execution["output"]) == ("succeeded", 0, {"sum": 6.5})
    assert execution["cpuTimeInSeconds"] >= 0
    assert execution["startedAt"] <= execution["finishedAt"]


async def test_two_hundred_at_once_and_none_is_lost(node: Node) -> None:
    algorithm = await node.algorithm("noop")
    bodies = [{"algorithmId": algorithm, "input": {"numbers": [n]}} for n in range(200)]
    submitted = await asyncio.gather(*(node.post("/algorithmExecutions", body) for body in bodies))
    ended = await asyncio.gather(*(node.execution(each["id"], wait=60) for each in submitted))
    assert [each["state"] for each in ended] == ["succeeded"] * 200
    assert [each["output"]["sum"] for each in ended] == list(range(200))
    assert all(each["attempt"] >= 1 for each in ended)


async def test_created_first_launched_later(node: Node) -> None:
    async with asyncio.timeout(10):
        created = await node.run("noop", {"numbers": [1]}, launch=False, wait=60, status=201)
    assert (created["state"], created["status"]) == ("created", 2)
    ended = await node.post(f"/algorithmExecutions/{created['id']}", wait=30, status=200)
    assert ended["output"] == {"sum": 1}
    again = await node.post(f"/algorithmExecutions/{created['id']}", status=409)
    assert again["code"] == "wrongState"


async def test_progress_incumbents_and_the_log(node: Node) -> None:
    execution = await node.run("search", 1.0, wait=None)
    events = await _events(node, execution["id"])
    states = [each["state"] for each in events]
    assert states[0] == "queued"
    assert states[-1] == "succeeded"
    running = [each for each in events if each["state"] == "running" and each["incumbent"]]
    assert len(running) >= 2
    fractions = [each["progressFraction"] for each in running]
    assert fractions == sorted(fractions)
    objectives = [each["incumbent"]["objective"] for each in running]
    assert objectives == sorted(objectives, reverse=True)
    assert running[0]["incumbent"]["gap"] == pytest.approx(1 - 1 / objectives[0])
    log = await node.http.get(f"/algorithmExecutions/{execution['id']}/logs")
    assert log.text == "the search begins\nthe search ends\n"


async def test_a_followed_log_comes_while_it_is_written(node: Node) -> None:
    execution = await node.run("search", 2.0, wait=None)
    async with node.http.stream("GET", f"/algorithmExecutions/{execution['id']}/logs?follow=true") as stream:
        chunks = stream.aiter_text()
        first = await anext(chunks)
        assert "begins" in first
        assert (await node.execution(execution["id"]))["state"] in ("starting", "running")
        rest = "".join([chunk async for chunk in chunks])
    assert (first + rest) == "the search begins\nthe search ends\n"


async def test_a_reconnected_event_stream_misses_nothing(node: Node) -> None:
    execution = await node.run("noop", {"numbers": []})
    path = f"/algorithmExecutions/{execution['id']}/events"
    ids = [line for line in (await node.http.get(path)).text.splitlines() if line.startswith("id: ")]
    later = await node.http.get(path, headers={"Last-Event-ID": ids[0][4:]})
    assert [line for line in later.text.splitlines() if line.startswith("id: ")] == ids[1:]
    assert (await node.http.get(path, headers={"Last-Event-ID": ids[-1][4:]})).status_code == 204


async def test_interrupt_gives_the_best_so_far(node: Node) -> None:
    execution = await node.run("search", 60, wait=None)
    await node.reaches(execution["id"], "running")
    await node.interrupt(f"/algorithmExecutions/{execution['id']}")
    ended = await node.execution(execution["id"], wait=20)
    assert (ended["state"], ended["output"]["interrupted"]) == ("succeeded", True)


@pytest.mark.parametrize("algorithm", ["search", "stubborn"])
async def test_stop_ends_it_and_frees_its_slot(node: Node, algorithm: str) -> None:
    execution = await node.run(algorithm, 60, wait=None)
    await node.reaches(execution["id"], "running")
    stopped = await node.delete(f"/algorithmExecutions/{execution['id']}", status=200)
    assert (stopped["state"], stopped["error"]["type"]) == ("cancelled", "cancelled")
    assert (await node.delete(f"/algorithmExecutions/{execution['id']}", status=200))["state"] == "cancelled"
    after = await node.run("noop", {"numbers": [1]}, wait=20)
    assert after["state"] == "succeeded"


async def test_a_queued_one_is_cancelled_at_once(node: Node) -> None:
    first = await node.run("search", 60, wait=None)
    second = await node.run("noop", {"numbers": []}, wait=None)
    assert "slots" in (await node.execution(second["id"]))["reason"]
    assert (await node.delete(f"/algorithmExecutions/{second['id']}", status=200))["state"] == "cancelled"
    await node.delete(f"/algorithmExecutions/{first['id']}", status=200)


async def test_the_time_limit_holds(node: Node) -> None:
    execution = await node.run("stubborn", 60, maxRunningTimeInSeconds=1)
    assert (execution["state"], execution["status"], execution["error"]["type"]) == ("timed_out", -1, "timeLimit")


@pytest.mark.parametrize(
    ("algorithm", "input", "type_"),
    [
        ("fail", "infeasible", "infeasible"),
        ("fail", "boom", "ValueError"),
        ("crash", "exit", "workerDied"),
        ("crash", "segfault", "workerDied"),
    ],
)
async def test_failures_are_told_and_not_retried(node: Node, algorithm: str, input: str, type_: str) -> None:
    execution = await node.run(algorithm, input)
    assert (execution["state"], execution["error"]["type"], execution["attempt"]) == ("failed", type_, 1)
    assert execution["error"]["message"]
    if algorithm == "fail":
        log = await node.http.get(f"/algorithmExecutions/{execution['id']}/logs")
        assert log.text.startswith("about to fail\n")
    assert (await node.run("noop", {"numbers": [1]}))["state"] == "succeeded"


async def test_input_that_does_not_fit(node: Node) -> None:
    problem = await node.run("noop", {"numbers": [1, "two"], "sleepSeconds": None}, status=422)
    assert problem["code"] == "invalidDocument"
    assert {each["pointer"] for each in problem["errors"]} == {"/input/numbers/1", "/input/sleepSeconds"}


async def test_a_large_output_is_fetched_apart(node: Node) -> None:
    execution = await node.run("large", 3_000_000)
    assert execution["state"] == "succeeded"
    assert execution["outputBytes"] == 3_000_002
    assert "output" not in execution
    output = await node.http.get(f"/algorithmExecutions/{execution['id']}/output")
    assert output.headers["content-type"] == "application/json"
    assert len(output.json()) == 3_000_000


@pytest.mark.parametrize(
    "document", [None, 0, "ü\u2028\\u0000", [], {"deep": [[[{}]]]}, 12345678901234567890, 1e-300, "\x00", {"": "😀"}]
)
async def test_documents_pass_unchanged(node: Node, document: Any) -> None:
    execution = await node.run("echo", document)
    assert execution["state"] == "succeeded", execution["error"]
    assert execution["output"] == document
    assert (await node.get(f"/algorithmExecutions/{execution['id']}/input")) == document


async def test_an_idempotency_key_makes_one_run(node: Node) -> None:
    body = {"algorithmId": await node.algorithm("noop"), "input": {"numbers": [1]}}
    headers = {"Idempotency-Key": f"key-{node.runtime}"}
    answers = await asyncio.gather(
        *(node.http.post("/algorithmExecutions", json=body, headers=headers) for _ in range(5))
    )
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    other = await node.http.post("/algorithmExecutions", json={**body, "priority": 1}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotencyMismatch")


async def test_purge_forgets(node: Node) -> None:
    execution = await node.run("noop", {"numbers": [1]})
    await node.delete(f"/algorithmExecutions/{execution['id']}", purge=True, status=204)
    await node.get(f"/algorithmExecutions/{execution['id']}", status=404)


async def test_lists_are_paged_and_filtered(node: Node) -> None:
    user = f"pager-{node.runtime}"
    ids = [(await node.run("noop", {"numbers": [n]}, userId=user))["id"] for n in range(3)]
    first = await node.get("/algorithmExecutions", userId=user, limit=2)
    second = await node.get("/algorithmExecutions", userId=user, limit=2, cursor=first["next"])
    assert [each["id"] for each in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None
    assert (await node.get("/algorithmExecutions", userId=user, state="failed"))["items"] == []


async def _events(node: Node, id_: int) -> list[dict[str, Any]]:
    async with node.http.stream("GET", f"/algorithmExecutions/{id_}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) async for line in stream.aiter_lines() if line.startswith("data: ")]
