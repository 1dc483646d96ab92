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
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.database.queries.nodes import NODES
from oaasplatform.master.domain.nodes import Contact, NodeStatus

log = structlog.get_logger(__name__)


class PassingService:
    """Finds the node, and shows it the master's key; what passes and what doesn't is the passage's."""

    def __init__(self, database: MasterDatabase, passage: Passage, sealer: Sealer) -> None:
        self._listener = database.listener
        self._nodes = database.nodes
        self._passage = passage
        self._sealer = sealer

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
            self._reached(id_) as node,
            self._passage.exchange(node.base_url, self._signed(node, request), body) as answer,
        ):
            yield answer

    @asynccontextmanager
    async def open(self, id_: int, request: Request, subprotocols: tuple[str, ...]) -> AsyncIterator[Channel | Answer]:
        """Open a WebSocket to a node. Raises as :meth:`exchange`."""
        async with (
            self._reached(id_) as node,
            self._passage.open(node.base_url, self._signed(node, request), subprotocols) as channel,
        ):
            yield channel

    @asynccontextmanager
    async def _reached(self, id_: int) -> AsyncIterator[Contact]:
        """A node for as long as something is heard of it: who waits for one that hangs would wait for long."""
        with self._listener.subscribe(NODES) as changed:
            node = await self._find(id_)
            try:
                async with asyncio.timeout(None) as limit:
                    watching = asyncio.create_task(self._end_with(id_, changed, limit), name="node-watch")
                    try:
                        yield node
                    finally:
                        watching.cancel()
            except TimeoutError as error:
                raise NodeUnreachable(f"{_name(node)} became unreachable.") from error
            except (InstanceUnreachable, ContractBroken) as error:
                # The passage takes whatever it passes to for an instance, and does not know its name.
                raise NodeUnreachable(f"{_name(node)} does not answer: {error.detail}") from error

    async def _end_with(self, id_: int, changed: asyncio.Event, limit: asyncio.Timeout) -> None:
        """Let the limit expire when the node is gone or unreachable."""
        while True:
            await changed.wait()
            changed.clear()
            try:
                await self._find(id_)
            except (NotFound, NodeUnreachable):
                limit.reschedule(asyncio.get_running_loop().time())
                return
            except DatabaseUnavailable as error:
                log.warning("can't tell whether a node is there", node=id_, reason=error.detail)

    async def _find(self, id_: int) -> Contact:
        node = await self._nodes.contact(id_)
        if node is None:
            raise NotFound("node", id_)
        if node.status is NodeStatus.UNREACHABLE:
            heard = node.last_seen_at.isoformat(timespec="seconds")
            raise NodeUnreachable(f"{_name(node)} is unreachable: nothing was heard of it since {heard}.")
        return node

    def _signed(self, node: Contact, request: Request) -> Request:
        try:
            key = self._sealer.open(node.sealed_key, node.uid)
        except SealBroken as error:
            raise NodeUnreachable(f"The key for {_name(node)} can't be decrypted: let it join again.") from error
        return replace(request, authorization=authorization(key))


def _name(node: Contact) -> str:
    return f"Node {node.name!r} (id {node.id})"
