"""A server that takes callbacks, as a user would write one, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """A callback."""

    headers: dict[str, str]
    body: bytes
    execution: dict[str, Any]

    @property
    def sequence(self) -> int:
        return int(self.execution["sequence"])


async def well(request: web.Request) -> web.Response:
    """The usual answer."""
    return web.Response(status=204)


def status(number: int, **headers: str) -> Answer:
    """Always the same answer."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=number, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


class Receiver:
    """Listens at ``url`` while its context lasts, at the same port when that is entered again."""

    def __init__(
        self,
        answer: Answer = well,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.port = port
        self.received: list[Received] = []
        """In the order in which they came, also those that were not answered well."""
        self.under_way = 0
        self.most_under_way = 0
        self._arrived = asyncio.Condition()
        self._host = host
        self._tls = tls
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://{self._host}:{self.port}/hook"

    @property
    def sequences(self) -> list[int]:
        return [each.sequence for each in self.received]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port, reuse_address=True, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def until(self, enough: Callable[[Self], bool], seconds: float = 30) -> None:
        """Wait for callbacks."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: enough(self))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.received.append(Received(dict(request.headers), body, await request.json() if body else {}))
        async with self._arrived:
            self._arrived.notify_all()
        try:
            return await self.answer(request)
        finally:
            self.under_way -= 1
