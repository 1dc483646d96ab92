"""Passing traffic of callers through to the server of an instance.

This goes past everything that the platform does for executions: with a server of another dialect than ``direct``, runs
could be launched and stopped here without the platform knowing. It is therefore for operators. Once the node knows who
calls, :meth:`ProxyService._find` is the place that has to ask; what callers show to the node never gets to instances
(``protocols.passthrough.fields``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import InstanceNotReady, NotSupported
from oaasplatform.domain.exchanges import Answer, Channel, Passage, Request
from oaasplatform.domain.instances import InstanceStatus, Purpose


class ProxyService:
    """Finds the instance; what passes and what doesn't is the passage's."""

    def __init__(self, database: Database, passage: Passage) -> None:
        self._instances = database.instances
        self._passage = passage

    @asynccontextmanager
    async def exchange(self, id_: int, request: Request, body: AsyncIterator[bytes] | None) -> AsyncIterator[Answer]:
        """Pass a request to an instance. Raises as ``Passage.exchange``, and ``NotFound``, ``InstanceNotReady``."""
        async with self._passage.exchange(await self._find(id_), request, body) as answer:
            yield answer

    @asynccontextmanager
    async def open(self, id_: int, request: Request, subprotocols: tuple[str, ...]) -> AsyncIterator[Channel | Answer]:
        """Open a WebSocket to an instance. Raises as :meth:`exchange`."""
        async with self._passage.open(await self._find(id_), request, subprotocols) as channel:
            yield channel

    async def _find(self, instance_id: int) -> str:
        """Base URL of the instance's server."""
        instance = await self._instances.get(instance_id, purpose=Purpose.SERVICE)
        if instance.status is not InstanceStatus.READY or instance.base_url is None:
            raise InstanceNotReady(f"Instance {instance.name!r} is {instance.status}. {instance.reason or ''}".strip())
        if not instance.base_url:
            raise NotSupported(f"Instance {instance.name!r} has no server: each run has a container of its own.")
        return instance.base_url
