"""Nodes that die, a master that dies, and lines that break: no execution is lost, and none counts twice.

``OAAS_FAULT_ROUNDS=20`` repeats each of these tests so many times.
"""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any

from members import LOSS, Federation
from runs import demand_once, of, rest, shows

SWEEP = 120
"""Executions in a batch: enough for all that happens to it."""


async def test_what_a_dead_node_had_goes_to_another_one(federation: Federation, fault_round: int) -> None:
    execution = await federation.master.run("search", 2, wait=None)
    running = await federation.master.reaches(execution["id"], "running")
    dead = of(federation, running)
    await dead.node.kill()
    try:
        shown = await shows(federation, execution["id"], nodeUnreachable=True)
        assert (shown["state"], shown["oaasNodeId"]) == ("running", dead.id)
        ended = await federation.master.execution(execution["id"], wait=30)
        assert (ended["state"], ended["attempt"]) == ("succeeded", 2)
        assert ended["oaasNodeId"] not in (None, dead.id)
    finally:
        await dead.node.start()
        await rest(federation)
    await demand_once(federation, execution["id"])


async def test_a_node_that_is_back_in_time_has_lost_nothing(federation: Federation, fault_round: int) -> None:
    execution = await federation.master.run("noop", {"numbers": [1], "sleepSeconds": 4}, wait=None)
    running = await federation.master.reaches(execution["id"], "running")
    node = of(federation, running)
    began = monotonic()
    await node.node.kill()
    await node.node.start()
    in_time = monotonic() - began < LOSS - 2
    ended = await federation.master.execution(execution["id"], wait=30)
    assert ended["state"] == "succeeded"
    # A machine that takes longer to start a node shows another case, which is tested above.
    assert not in_time or (ended["attempt"], ended["oaasNodeId"]) == (1, node.id)
    await rest(federation)
    await demand_once(federation, execution["id"])


async def test_a_late_result_is_kept_out_and_noted(federation: Federation, fault_round: int) -> None:
    """The node goes on behind a line that is cut, and ends what it has after that was given up."""
    execution = await federation.master.run("search", LOSS + 3, wait=None)
    running = await federation.master.reaches(execution["id"], "running")
    node = of(federation, running)
    node.cut()
    try:
        given = await shows(federation, execution["id"], attempt=2, state="running")
        assert given["oaasNodeId"] not in (None, node.id)
        async with asyncio.timeout(20):
            while (await node.node.get("/algorithmExecutions", limit=1))["items"][0]["state"] != "succeeded":
                await asyncio.sleep(0.1)
    finally:
        node.mend()
    late = await shows(federation, execution["id"], nodeUnreachable=False)
    async with asyncio.timeout(30):
        while not (late := await federation.master.execution(execution["id"]))["lateResults"]:
            await asyncio.sleep(0.1)
    await federation.master.interrupt(f"/algorithmExecutions/{execution['id']}")
    (noted,) = late["lateResults"]
    assert (noted["attempt"], noted["oaasNodeId"], noted["state"]) == (1, node.id, "succeeded")
    ended = await federation.master.execution(execution["id"], wait=30)
    assert (ended["state"], ended["attempt"], ended["oaasNodeId"]) == ("succeeded", 2, given["oaasNodeId"])
    await rest(federation)
    await demand_once(federation, execution["id"])


async def test_a_short_split_delays_the_news_only(federation: Federation, fault_round: int) -> None:
    execution = await federation.master.run("noop", {"numbers": [2], "sleepSeconds": 1}, wait=None)
    running = await federation.master.reaches(execution["id"], "running")
    node = of(federation, running)
    node.cut()
    try:
        async with asyncio.timeout(20):
            while (await node.node.get("/algorithmExecutions", limit=1))["items"][0]["state"] != "succeeded":
                await asyncio.sleep(0.05)
        assert (await federation.master.execution(execution["id"]))["state"] == "running"
    finally:
        node.mend()
    ended = await federation.master.execution(execution["id"], wait=30)
    assert (ended["state"], ended["attempt"], ended["output"]) == ("succeeded", 1, {"sum": 2})
    await rest(federation)
    await demand_once(federation, execution["id"])


async def test_an_answer_that_is_lost_makes_no_second_run(federation: Federation, fault_round: int) -> None:
    for member in federation.members:
        member.to_node.loses_answers = True
    execution = await federation.master.run("noop", {"numbers": [3]}, wait=None)
    try:
        # Both ways are open to nodes: they take it, and say so by themselves.
        ended = await federation.master.execution(execution["id"], wait=30)
        assert (ended["state"], ended["attempt"]) == ("succeeded", 1)
    finally:
        for member in federation.members:
            member.to_node.loses_answers = False
    await rest(federation)
    await demand_once(federation, execution["id"])


async def test_what_is_stopped_while_its_node_is_away_is_stopped_there_later(
    federation: Federation, fault_round: int
) -> None:
    execution = await federation.master.run("search", 60, wait=None)
    running = await federation.master.reaches(execution["id"], "running")
    node = of(federation, running)
    node.cut()
    try:
        stopped = await federation.master.delete(f"/algorithmExecutions/{execution['id']}", status=200)
        assert stopped["state"] == "cancelled"
        await federation.becomes(node, "unreachable")
        log = f"/algorithmExecutions/{execution['id']}/logs"
        assert f"'{node.node.settings['OAAS_NODE_NAME']}'" in (await federation.master.get(log, status=503))["detail"]
    finally:
        node.mend()
    await rest(federation)
    assert (await federation.master.execution(execution["id"]))["state"] == "cancelled"


async def test_nodes_go_on_without_their_master(federation: Federation, fault_round: int) -> None:
    runs = [
        await federation.master.run("noop", {"numbers": [n], "sleepSeconds": 1}, wait=None, userId=f"u{n}")
        for n in range(4)
    ]
    await federation.master.reaches(runs[0]["id"], "running")
    await federation.master.kill()
    async with asyncio.timeout(30):
        while any(each["state"] != "succeeded" for each in await _newest(federation)):
            await asyncio.sleep(0.1)
    await federation.master.start()
    ended = [await federation.master.execution(each["id"], wait=60) for each in runs]
    assert [each["output"]["sum"] for each in ended] == [0, 1, 2, 3]
    assert {each["attempt"] for each in ended} == {1}
    await rest(federation)
    await demand_once(federation, *(each["id"] for each in runs))


async def test_a_sweep_survives_everything(federation: Federation, fault_round: int) -> None:
    """Nodes are killed and split, the master is killed, in the middle of a batch."""
    noop = await federation.master.algorithm("noop", "sample")
    lines = [json.dumps({"algorithmId": noop, "input": {"numbers": [n], "sleepSeconds": 0.15}}) for n in range(SWEEP)]
    answer = await federation.master.http.post("/algorithmExecutions/batch", content="\n".join(lines))
    ids = [json.loads(line)["execution"]["id"] for line in answer.text.splitlines()]
    first, second, _ = federation.members
    await _ended(federation, answer.headers["location"], 8)
    await first.node.kill()
    await _ended(federation, answer.headers["location"], 16)
    await first.node.start()
    second.cut()
    await federation.becomes(second, "unreachable")
    await federation.master.kill()
    second.mend()
    await federation.master.start()
    async with asyncio.timeout(90):
        await _ended(federation, answer.headers["location"], SWEEP)
    batch = await federation.master.get(answer.headers["location"])
    assert batch["counts"]["succeeded"] == SWEEP
    await rest(federation)
    await demand_once(federation, *ids)
    results = (await federation.master.http.get(f"{answer.headers['location']}/results")).text.splitlines()
    assert sorted(json.loads(line)["execution"]["id"] for line in results) == ids
    assert sorted(json.loads(line)["execution"]["output"]["sum"] for line in results) == list(range(SWEEP))


async def _ended(federation: Federation, batch: str, count: int) -> None:
    async with asyncio.timeout(60):
        while (await federation.master.get(batch))["counts"]["succeeded"] < count:
            await asyncio.sleep(0.1)


async def _newest(federation: Federation) -> list[dict[str, Any]]:
    """What nodes have had last."""
    return [
        (await member.node.get("/algorithmExecutions", limit=1))["items"][0]
        for member in federation.members
        if (await member.node.get("/algorithmExecutions", limit=1))["items"]
    ]
