"""Passing calls through to the API of a node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable, NodeUnreachable, NotFound
from oaasplatform.domain.exchanges import Answer, Channel, Passage, Request
from oaasplatform.kit.keys import authorization
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.nodes import Contact, NodeStatus


class PassingService:
    """Finds the node, and shows it the master's key; what passes and what doesn't is the passage's."""

    def __init__(self, database: MasterDatabase, passage: Passage, sealer: Sealer) -> None:
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
        node = await self._find(id_)
        with _named(node):
            async with self._passage.exchange(node.base_url, self._signed(node, request), body) as answer:
                yield answer

    @asynccontextmanager
    async def open(self, id_: int, request: Request, subprotocols: tuple[str, ...]) -> AsyncIterator[Channel | Answer]:
        """Open a WebSocket to a node. Raises as :meth:`exchange`."""
        node = await self._find(id_)
        with _named(node):
            async with self._passage.open(node.base_url, self._signed(node, request), subprotocols) as channel:
                yield channel

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


@contextmanager
def _named(node: Contact) -> Iterator[None]:
    """The passage takes whatever it passes to for an instance, and does not know its name."""
    try:
        yield
    except (InstanceUnreachable, ContractBroken) as error:
        raise NodeUnreachable(f"{_name(node)} does not answer: {error.detail}") from error


def _name(node: Contact) -> str:
    return f"Node {node.name!r} (id {node.id})"
