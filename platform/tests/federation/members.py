"""A master and its nodes, with lines between them that tests can cut."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lines import Line
from nodes import Master, Node

SAMPLE = Path(__file__).parents[1] / "sample-repository"
SILENCE = 3.0
"""Seconds after which the master takes a node for unreachable; by default it waits longer."""


@dataclass
class Member:
    """A node, and the lines between it and the master."""

    node: Node
    to_node: Line
    to_master: Line
    id: int = 0
    """What the master calls it."""

    def cut(self) -> None:
        """Split it from the master."""
        self.to_node.cut()
        self.to_master.cut()

    def mend(self) -> None:
        """Bring the two together again."""
        self.to_node.mend()
        self.to_master.mend()

    async def join(self, token: str, *, status: int = 200) -> dict[str, Any]:
        """Join the master behind the line."""
        order = {"url": self.to_master.url, "token": token, "address": self.to_node.url}
        answer: dict[str, Any] = await self.node.put("/master", order, status=status)
        if status == 200:
            self.id = answer["oaasNodeId"]
        return answer

    async def close(self) -> None:
        """End everything of it."""
        self.mend()
        if not self.node.runs:
            await self.node.start()
        await self.node.end()
        await self.to_node.close()
        await self.to_master.close()


class Federation:
    """One master, nodes that have joined it, and one that has not."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.master = Master(directory / "master", OAAS_NODE_SILENCE=str(SILENCE))
        self.members: list[Member] = []

    async def open(self, nodes: int) -> None:
        """Start the master and nodes side by side; each gets an instance of the sample repository, and joins."""
        starting = [self.new_node(f"node-{number}") for number in range(nodes)]
        await asyncio.gather(self.master.start(), *(self._prepare(node) for node in starting))
        self.members = [await self.connected(node) for node in starting]
        for member in self.members:
            await member.join(await self.token())
        for member in self.members:
            await self.reports(member, slots=1)

    async def close(self) -> None:
        """End everything."""
        for member in self.members:
            await member.close()
        await self.master.end()

    def new_node(self, name: str, **settings: str) -> Node:
        """A node that does not run yet."""
        return Node(
            self._directory / name,
            "process",
            OAAS_NODE_NAME=name,
            OAAS_PURGE_ON_EXIT="true",
            OAAS_ALLOW_OVERCOMMIT="true",
            OAAS_POLL_INTERVAL="1",
            **settings,
        )

    async def connected(self, node: Node) -> Member:
        """A node that runs, with lines between it and the master."""
        member = Member(node, Line(node.url), Line(self.master.url))
        await member.to_node.open()
        await member.to_master.open()
        return member

    async def token(self, **order: Any) -> str:
        """A token of the master."""
        return str((await self.master.post("/oaasNodes/tokens", order, status=201))["token"])

    async def registered(self, member: Member, *, status: int = 200) -> dict[str, Any]:
        """What the master knows of a node."""
        found: dict[str, Any] = await self.master.get(f"/oaasNodes/{member.id}", status=status)
        return found

    async def becomes(self, member: Member, status: str, *, seconds: float = 30) -> dict[str, Any]:
        """Wait until the master says this of a node."""
        async with asyncio.timeout(seconds):
            while (found := await self.registered(member))["status"] != status:
                await asyncio.sleep(0.1)
        return found

    async def reports(self, member: Member, *, slots: int, seconds: float = 30) -> dict[str, Any]:
        """Wait until the master knows of so many slots of a node."""
        async with asyncio.timeout(seconds):
            while _slots(found := await self.registered(member)) != slots:
                await asyncio.sleep(0.1)
        return found

    async def lists(self, path: str, *, count: int, **wanted: Any) -> list[dict[str, Any]]:
        """Wait until a list of the master has so many items."""
        async with asyncio.timeout(30):
            while len(items := (await self.master.get(path, **wanted))["items"]) != count:
                await asyncio.sleep(0.1)
        return list(items)

    async def _prepare(self, node: Node) -> None:
        await node.start()
        repository = await node.register(str(SAMPLE))
        await node.deploy(repository["id"], name="one")


def _slots(node: dict[str, Any]) -> int:
    return sum(each["slots"] for each in node["load"].get("repositories", []))
