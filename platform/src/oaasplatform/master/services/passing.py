"""Passing calls through to the API of a node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from oaasplatform.domain.errors import (
    ContractBroken,
    DatabaseUnavailable,
    InstanceUnreachable,
    NodeUnreachable,
    NotFound,
)
from oaasplatform.domain.exchanges import Answer, Channel, Passage, Request
from oaasplatform.kit.keys import authorization
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.database.queries.nodes import NODES
from oaasplatform.master.domain.doors import Door
from oaasplatform.master.services.doors import Doors

log = structlog.get_logger(__name__)


class PassingService:
    """Shows a node the master's key; what passes and what doesn't is the passage's."""

    def __init__(self, database: MasterDatabase, doors: Doors, passage: Passage) -> None:
        self._listener = database.listener
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
        async with (
            self._reached(id_) as door,
            self._passage.exchange(door.base_url, _signed(door, request), body) as answer,
        ):
            yield answer

    @asynccontextmanager
    async def open(self, id_: int, request: Request, subprotocols: tuple[str, ...]) -> AsyncIterator[Channel | Answer]:
        """Open a WebSocket to a node. Raises as :meth:`exchange`."""
        async with (
            self._reached(id_) as door,
            self._passage.open(door.base_url, _signed(door, request), subprotocols) as channel,
        ):
            yield channel

    @asynccontextmanager
    async def _reached(self, id_: int) -> AsyncIterator[Door]:
        """A node for as long as something is heard of it: who waits for one that hangs would wait for long."""
        with self._listener.subscribe(NODES) as changed:
            door = await self._doors.of(id_)
            try:
                async with asyncio.timeout(None) as limit:
                    watching = asyncio.create_task(self._end_with(id_, changed, limit), name="node-watch")
                    try:
                        yield door
                    finally:
                        watching.cancel()
            except TimeoutError as error:
                raise NodeUnreachable(f"{door} became unreachable.") from error
            except (InstanceUnreachable, ContractBroken) as error:
                # The passage takes whatever it passes to for an instance, and does not know its name.
                raise NodeUnreachable(f"{door} does not answer: {error.detail}") from error

    async def _end_with(self, id_: int, changed: asyncio.Event, limit: asyncio.Timeout) -> None:
        """Let the limit expire when the node is gone or unreachable."""
        while True:
            await changed.wait()
            changed.clear()
            try:
                await self._doors.of(id_)
            except (NotFound, NodeUnreachable):
                limit.reschedule(asyncio.get_running_loop().time())
                return
            except DatabaseUnavailable as error:
                log.warning("can't tell whether a node is there", node=id_, reason=error.detail)


def _signed(door: Door, request: Request) -> Request:
    return replace(request, authorization=authorization(door.key))
