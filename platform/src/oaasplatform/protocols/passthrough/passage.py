"""HTTP requests of callers, streamed to an instance, and its answers back. Nothing is kept, followed or repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable
from oaasplatform.domain.exchanges import Answer, Channel, Request
from oaasplatform.protocols.passthrough import fields
from oaasplatform.protocols.passthrough.addresses import target_url
from oaasplatform.protocols.passthrough.sessions import CONNECT_SECONDS, new_connector, new_session, reason
from oaasplatform.protocols.passthrough.sockets import opened

_IDLE_SECONDS = 300.0
"""An exchange in which nothing moves for so long, in neither direction, is broken off."""


class HttpPassage:
    """See :class:`~oaasplatform.domain.exchanges.Passage`. Each exchange has a connection of its own."""

    def __init__(self, *, idle_seconds: float = _IDLE_SECONDS, connect_seconds: float = CONNECT_SECONDS) -> None:
        """Belongs to the loop that runs."""
        self._idle_seconds = idle_seconds
        self._connector = new_connector()
        self._session = new_session(self._connector, connect_seconds=connect_seconds)

    async def close(self) -> None:
        """Break off everything under way."""
        await self._session.close()
        await self._connector.close()

    @asynccontextmanager
    async def exchange(
        self, base_url: str, request: Request, body: AsyncIterator[bytes] | None
    ) -> AsyncIterator[Answer]:
        """See :class:`~oaasplatform.domain.exchanges.Passage`."""
        url = target_url(base_url, request.path, request.query)
        headers = fields.to_instance(request, has_body=body is not None)
        try:
            async with (
                asyncio.timeout(self._idle_seconds) as idle,
                self._session.request(
                    request.method,
                    url,
                    headers=headers,
                    data=None if body is None else self._moving(body, idle),
                    allow_redirects=False,
                ) as response,
            ):
                if not 200 <= response.status < 600:
                    raise ContractBroken(f"The instance answered with status {response.status}.")
                answered = fields.to_caller(response.raw_headers, request, url, response.status)
                yield Answer(response.status, answered, self._moving(_chunks(response), idle))
        except TimeoutError as error:
            what = "did not answer" if isinstance(error, aiohttp.ServerTimeoutError) else "was silent for too long"
            raise InstanceUnreachable(f"{request.method} {url.raw_path}: the instance {what}.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise InstanceUnreachable(f"{request.method} {url.raw_path}: {reason(error)}") from error

    def open(
        self, base_url: str, request: Request, subprotocols: tuple[str, ...]
    ) -> AbstractAsyncContextManager[Channel | Answer]:
        """See :class:`~oaasplatform.domain.exchanges.Passage`."""
        return opened(self._connector, base_url, request, subprotocols)

    async def _moving(self, chunks: AsyncIterator[bytes], idle: asyncio.Timeout) -> AsyncIterator[bytes]:
        """The same, and each chunk is a sign of life."""
        async for chunk in chunks:
            idle.reschedule(asyncio.get_running_loop().time() + self._idle_seconds)
            yield chunk


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in response.content.iter_any():
        yield chunk
