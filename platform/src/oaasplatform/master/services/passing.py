"""Passing calls through to the API of a node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable, NodeUnreachable
from oaasplatform.domain.exchanges import Answer, Channel, Passage, Request
from oaasplatform.kit.keys import authorization
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.doors import Door
from oaasplatform.master.services.doors import Doors


class PassingService:
    """Shows a node the master's key; what passes and what doesn't is the passage's."""

    def __init__(self, database: MasterDatabase, doors: Doors, passage: Passage) -> None:
        self._nodes = database.nodes
        self._doors = doors
        self._passage = passage

    async def is_node(self, id_: int) -> bool:
        """Whether an id is a node's."""
        return await self._nodes.contact(id_) is not None

    @asynccontextmanager
    async def exchange(self, id_: int, request: Request, body: AsyncIterator[bytes] | None) -> AsyncIterator[Answer]:
        """Pass a request to a node.

        Raises:
            NotFound: there is no such node.
            NodeUnreachable: at once if the node is known to be away; also while the answer is read.
            InvalidDocument: a header that can't be passed on.
        """
        door = await self._doors.of(id_)
        with _named(door):
            async with self._passage.exchange(door.base_url, _signed(door, request), body) as answer:
                yield answer

    @asynccontextmanager
    async def open(self, id_: int, request: Request, subprotocols: tuple[str, ...]) -> AsyncIterator[Channel | Answer]:
        """Open a WebSocket to a node. Raises as :meth:`exchange`."""
        door = await self._doors.of(id_)
        with _named(door):
            async with self._passage.open(door.base_url, _signed(door, request), subprotocols) as channel:
                yield channel


def _signed(door: Door, request: Request) -> Request:
    return replace(request, authorization=authorization(door.key))


@contextmanager
def _named(door: Door) -> Iterator[None]:
    """The passage takes whatever it passes to for an instance, and does not know its name."""
    try:
        yield
    except (InstanceUnreachable, ContractBroken) as error:
        raise NodeUnreachable(f"{door} does not answer: {error.detail}") from error
