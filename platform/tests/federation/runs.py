"""What tests of the master's executions have in common."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from members import Federation, Member

TERMINAL = {"succeeded", "failed", "cancelled", "timed_out"}
_CALLBACK = re.compile(r"master:///callback/\d+/(\d+)\?attempt=(\d+)")


def of(federation: Federation, execution: dict[str, Any]) -> Member:
    """The node that has an execution."""
    (found,) = (each for each in federation.members if each.id == execution["oaasNodeId"])
    return found


async def shows(federation: Federation, id_: int, *, seconds: float = 30, **wanted: Any) -> dict[str, Any]:
    """Wait until an execution shows these values."""
    async with asyncio.timeout(seconds):
        while not wanted.items() <= (found := await federation.master.execution(id_)).items():
            await asyncio.sleep(0.05)
    return found


async def rest(federation: Federation) -> None:
    """Wait until all nodes are there and have nothing to do."""
    for member in federation.members:
        await federation.becomes(member, "ready")
    async with asyncio.timeout(60):
        for member in federation.members:
            while await _open_on(member):
                await asyncio.sleep(0.1)
        while await _free(federation) != len(federation.members):
            await asyncio.sleep(0.1)


async def _open_on(member: Member) -> list[dict[str, Any]]:
    going_on = await member.node.get("/algorithmExecutions", state=["queued", "starting", "running"])
    return list(going_on["items"])


async def _free(federation: Federation) -> int:
    (noop,) = (await federation.master.get("/algorithms", name="noop", algorithmRepositoryName="sample"))["items"]
    return sum(each["freeSlots"] for each in noop["nodes"])


async def attempts_on(member: Member) -> dict[int, dict[int, str]]:
    """By execution of the master and attempt, how it is on a node."""
    found: dict[int, dict[int, str]] = {}
    cursor: dict[str, str] = {}
    while True:
        page = await member.node.get("/algorithmExecutions", limit=1000, **cursor)
        for each in page["items"]:
            if match := _CALLBACK.fullmatch(each["callbackUrl"] or ""):
                attempts = found.setdefault(int(match[1]), {})
                assert int(match[2]) not in attempts, f"attempt {match[0]} was taken twice"
                attempts[int(match[2])] = each["state"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def demand_once(federation: Federation, *ids: int) -> None:
    """None of these executions was lost, and none was run to completion twice but for what is noted as late."""
    nodes = [await attempts_on(member) for member in federation.members]
    for id_ in ids:
        execution = await federation.master.execution(id_)
        assert execution["state"] in TERMINAL, execution
        done = [number for attempts in nodes for number, state in attempts.get(id_, {}).items() if state == "succeeded"]
        late = [each["attempt"] for each in execution["lateResults"] if each["state"] == "succeeded"]
        counted = [number for number in done if number not in late]
        expected = [execution["attempt"]] if execution["state"] == "succeeded" else []
        assert counted == expected, (execution, done, late)
