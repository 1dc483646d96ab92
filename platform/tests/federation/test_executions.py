"""Executions that the master gives to nodes: submitted, watched and stopped as on a node."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from commands import oaas
from members import Federation
from receivers import Receiver
from runs import TERMINAL, demand_once, of, rest, shows


async def test_an_execution_goes_the_whole_way(federation: Federation) -> None:
    master = federation.master
    execution = await master.run("noop", {"numbers": [1, 2, 3.5]}, userId="ada", priority=3)
    assert (execution["state"], execution["output"]) == ("succeeded", {"sum": 6.5})
    assert execution["oaasNodeId"] in {each.id for each in federation.members}
    assert (execution["userId"], execution["priority"], execution["attempt"]) == ("ada", 3, 1)
    assert execution["algorithmRepositoryName"] == "sample"
    assert execution["imageDigest"] and execution["quotaInformation"]["cpu"] == 0.5
    assert await master.execution(execution["id"]) == execution
    path = f"/algorithmExecutions/{execution['id']}"
    assert await master.get(f"{path}/input") == {"numbers": [1, 2, 3.5]}
    assert await master.get(f"{path}/output") == {"sum": 6.5}
    listed = (await master.get("/algorithmExecutions", userId="ada", state="succeeded", limit=1))["items"]
    assert [each["id"] for each in listed] == [execution["id"]]
    again = await master.post(f"{path}/rerun", wait=30, status=200)
    assert again["output"] == execution["output"] and again["id"] != execution["id"]
    await master.delete(path, status=204, purge=True)
    await master.get(path, status=404)
    await demand_once(federation, again["id"])


async def test_what_is_wrong_is_told_at_once(federation: Federation) -> None:
    master = federation.master
    noop = await master.algorithm("noop", "sample")
    problem = await master.post("/algorithmExecutions", {"algorithmId": noop, "input": {"numbers": ["x"]}}, status=422)
    assert problem["errors"][0]["pointer"] == "/input/numbers/0"
    await master.post("/algorithmExecutions", {"algorithmId": 999_999, "input": 1}, status=404)
    await master.post("/algorithmExecutions", {"algorithmId": noop, "input": 1, "affinity": {"": "x"}}, status=422)
    refused = {"algorithmId": noop, "input": {"numbers": []}, "callbackUrl": "master:///callback/1/1?attempt=1"}
    await master.post("/algorithmExecutions", refused, status=422)
    await federation.members[0].node.post("/algorithmExecutions", refused, status=401)
    assert (await master.http.post("/callback/1/1?attempt=1", json={})).status_code == 401


async def test_a_submission_may_be_repeated(federation: Federation) -> None:
    master = federation.master
    body = {"algorithmId": await master.algorithm("noop", "sample"), "input": {"numbers": [1]}}
    headers = {"Idempotency-Key": "once", "Prefer": "wait=30"}
    first, second = [
        (await master.http.post("/algorithmExecutions", json=body, headers=headers)).json() for _ in range(2)
    ]
    assert first["id"] == second["id"]
    other_body = {**body, "priority": 1}
    assert (await master.http.post("/algorithmExecutions", json=other_body, headers=headers)).status_code == 422


async def test_to_commands_a_master_is_like_a_node(federation: Federation) -> None:
    run = await oaas(federation.master, "run", "noop", "--input", "-", "--json", input='{"numbers": [4, 5]}')
    assert run.code == 0 and run.json["output"] == {"sum": 9}, run.err
    choice = ("--affinity", "country=nowhere", "--no-wait")
    waits = await oaas(federation.master, "run", "noop", "--set", "numbers=[1]", *choice, "--json")
    assert waits.json["affinity"] == {"country": "nowhere"}, waits.err
    await federation.master.delete(f"/algorithmExecutions/{waits.json['id']}", status=200)
    refused = await oaas(federation.members[0].node, "run", "noop", "--set", "numbers=[1]", *choice)
    assert refused.code == 2
    shown = await oaas(federation.master, "executions", "show", str(run.json["id"]), "--json")
    assert shown.json["oaasNodeId"] in {each.id for each in federation.members}
    done = await oaas(federation.master, "batch", "noop", "-", input='{"numbers": [1]}\n{"numbers": [2]}\n')
    assert sorted(json.loads(line)["output"]["sum"] for line in done.out.splitlines()) == [1, 2], done.err


async def test_labels_say_where_data_may_go(federation: Federation) -> None:
    first, second, _ = federation.members
    await federation.master.put(f"/oaasNodes/{first.id}", {"labels": {"country": "de"}})
    try:
        for _ in range(3):
            found = await federation.master.run("noop", {"numbers": [1]}, affinity={"country": "de"})
            assert found["oaasNodeId"] == first.id
        waits = await federation.master.run("noop", {"numbers": [1]}, wait=None, affinity={"country": "fr"})
        assert waits["reason"] == "It waits for a node: 3 without the labels."
        await federation.master.put(f"/oaasNodes/{second.id}", {"labels": {"country": "fr"}})
        ended = await federation.master.execution(waits["id"], wait=30)
        assert (ended["state"], ended["oaasNodeId"]) == ("succeeded", second.id)
    finally:
        for member in federation.members:
            await federation.master.put(f"/oaasNodes/{member.id}", {"labels": {}})


async def test_progress_logs_and_interrupt(federation: Federation) -> None:
    master = federation.master
    execution = await master.run("search", 30, wait=None)
    id_ = execution["id"]
    running = await master.reaches(id_, "running")
    async with asyncio.timeout(20), master.http.stream("GET", f"/algorithmExecutions/{id_}/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: ") and json.loads(line[6:])["progressFraction"]:
                break
    log = await master.http.get(f"/algorithmExecutions/{id_}/logs")
    assert log.text.startswith("the search begins")
    await master.interrupt(f"/algorithmExecutions/{id_}")
    ended = await master.execution(id_, wait=30)
    assert (ended["state"], ended["output"]["interrupted"]) == ("succeeded", True)
    assert ended["incumbent"]["bound"] == 1.0
    assert ended["oaasNodeId"] == running["oaasNodeId"]
    await master.post(f"/algorithmExecutions/{id_}/interrupt", status=409)


async def test_a_stop_reaches_the_node(federation: Federation) -> None:
    master = federation.master
    execution = await master.run("search", 60, wait=None)
    running = await master.reaches(execution["id"], "running")
    stopped = await master.delete(f"/algorithmExecutions/{execution['id']}", status=200, userId="ada")
    assert (stopped["state"], stopped["cancelledBy"]["userId"]) == ("cancelled", "ada")
    await rest(federation)
    assert (await master.execution(execution["id"]))["lateResults"] == []
    assert running["oaasNodeId"] == stopped["oaasNodeId"]


async def test_failures_are_those_of_the_node(federation: Federation) -> None:
    failed = await federation.master.run("fail", "infeasible")
    assert (failed["state"], failed["error"]["type"]) == ("failed", "infeasible")
    assert failed["error"]["details"] == {"missing": 3}
    late = await federation.master.run("search", 60, maxRunningTimeInSeconds=0.5)
    assert (late["state"], late["error"]["type"]) == ("timed_out", "timeLimit")


async def test_large_documents_are_copied(federation: Federation) -> None:
    text = "x" * (3 * 2**20)
    found = await federation.master.run("echo", text)
    assert found["state"] == "succeeded" and found["outputBytes"] == len(text) + 2
    node = of(federation, found)
    await node.node.kill()
    try:
        output = await federation.master.http.get(f"/algorithmExecutions/{found['id']}/output")
        assert output.json() == text, "a node that dies takes nothing"
    finally:
        await node.node.start()
        await rest(federation)


async def test_changes_are_posted_to_users(federation: Federation) -> None:
    async with Receiver() as receiver:
        found = await federation.master.run("noop", {"numbers": [1]}, callbackUrl=receiver.url)
        await receiver.until(lambda each: bool(each.received) and each.received[-1].execution["state"] in TERMINAL)
    told = [each.execution for each in receiver.received]
    assert {**told[-1], "lateResults": []} == found
    numbers = [each["sequence"] for each in told]
    assert numbers == sorted(set(numbers))
    await federation.lists("/callbacks", count=0)


async def test_a_batch_is_spread_and_counted(federation: Federation) -> None:
    master = federation.master
    noop = await master.algorithm("noop", "sample")
    lines = [json.dumps({"algorithmId": noop, "input": {"numbers": [n, 1]}}) for n in range(30)]
    answer = await master.http.post(
        "/algorithmExecutions/batch?userId=ada", content="\n".join([*lines, "{"]), headers={"Prefer": "wait=60"}
    )
    answers = [json.loads(line) for line in answer.text.splitlines()]
    good = [each["execution"] for each in answers if "execution" in each]
    assert len(good) == 30 and len(answers) == 31
    assert all(each["output"] == {"sum": good_line["line"] + 1.0} for each, good_line in _paired(answers))
    assert {each["oaasNodeId"] for each in good} == {each.id for each in federation.members}
    batch = await master.get(answer.headers["location"])
    assert (batch["size"], batch["counts"]["succeeded"], batch["progress"], batch["ended"]) == (30, 30, 1.0, True)
    results = (await master.http.get(f"{answer.headers['location']}/results")).text.splitlines()
    first, *others = [json.loads(line) for line in results]
    rest_ = await master.http.get(f"{answer.headers['location']}/results", params={"cursor": first["cursor"]})
    assert [json.loads(line) for line in rest_.text.splitlines()] == others
    await demand_once(federation, *(each["id"] for each in good))


def _paired(answers: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(each["execution"], each) for each in answers if "execution" in each]


async def test_a_batch_is_stopped_as_a_whole_and_starves_nobody(federation: Federation) -> None:
    master = federation.master
    search = await master.algorithm("search", "sample")
    lines = [json.dumps({"algorithmId": search, "input": 1, "userId": "greedy"}) for _ in range(200)]
    answer = await master.http.post("/algorithmExecutions/batch", content="\n".join(lines))
    single = await master.run("search", 0.1, userId="patient", wait=30)
    assert single["state"] == "succeeded"
    batch = await master.get(answer.headers["location"])
    assert batch["counts"]["queued"] > 150, "the single one went before most of them"
    stopped = await master.delete(answer.headers["location"], status=200)
    assert (stopped["stopped"], stopped["ended"]) == (True, True)
    assert stopped["counts"]["cancelled"] > 150
    await rest(federation)


async def test_an_instance_is_started_if_the_caller_allows_it(federation: Federation) -> None:
    for member in federation.members:
        await federation.could_start(member)
    held = [await federation.master.run("search", 60, wait=None) for _ in federation.members]
    busy = [await federation.master.reaches(each["id"], "running") for each in held]
    metrics = (await federation.master.http.get("/metrics")).text
    assert f'oaas_master_executions{{state="running"}} {len(held)}.0' in metrics
    assert {each["oaasNodeId"] for each in busy} == {each.id for each in federation.members}
    started = await federation.master.run("noop", {"numbers": [1]}, startInstance=True, wait=30)
    assert started["state"] == "succeeded"
    node = of(federation, started)
    instances = (await node.node.get("/algorithmRepositoriesInstances"))["items"]
    assert len(instances) == 2
    for each in held:
        await federation.master.delete(f"/algorithmExecutions/{each['id']}", status=200)
    for each in instances:
        if each["name"] != "one":
            await node.node.delete(f"/algorithmRepositoriesInstances/{each['id']}")
    await federation.reports(node, slots=1)
    await rest(federation)


async def test_a_node_that_leaves_finishes_what_it_has(federation: Federation) -> None:
    master = federation.master
    execution = await master.run("search", 3, wait=None)
    running = await master.reaches(execution["id"], "running")
    node = of(federation, running)
    await node.node.delete("/master")
    waits = await master.run("noop", {"numbers": [1]}, wait=30)
    assert waits["oaasNodeId"] not in (None, node.id), "nothing new goes to a node that leaves"
    assert (await master.execution(execution["id"], wait=30))["state"] == "succeeded"
    await federation.lists("/oaasNodes", count=len(federation.members) - 1)
    await node.join(await federation.token())
    await federation.reports(node, slots=1)
    await shows(federation, execution["id"], state="succeeded")
