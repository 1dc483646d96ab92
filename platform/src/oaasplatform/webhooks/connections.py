"""Connections to receivers: to the addresses that were checked, and to no others."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from oaasplatform.webhooks.guard import Guard

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_RESOLVE_SECONDS = 5.0
_KEEP_SECONDS = 2.0
"""How long an idle connection is kept: less than servers do, or they would close it under a message."""


class SystemResolver(AbstractResolver):
    """Asks the operating system, in threads of its own: those of the loop are few, and a slow name would take them."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a host. Raises ``OSError``."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=family_,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family_, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nobody waits for names that don't answer."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _CheckedResolver(AbstractResolver):
    """Gives only addresses that the guard lets pass; aiohttp connects to what it gets from here."""

    def __init__(self, resolver: AbstractResolver, guard: Guard) -> None:
        self._resolver = resolver
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            found = await self._resolver.resolve(host, port, family)
        self._guard.check(host, [each["host"] for each in found])
        return found

    async def close(self) -> None:
        await self._resolver.close()


class CheckedConnector(aiohttp.TCPConnector):
    """Resolves a host once for each connection, and raises ``TargetRefused`` rather than connect where it must not."""

    def __init__(self, guard: Guard, resolver: AbstractResolver, *, limit: int) -> None:
        # No cache: what was checked is what is used, and nothing else.
        super().__init__(
            resolver=_CheckedResolver(resolver, guard),
            use_dns_cache=False,
            limit=limit,
            keepalive_timeout=_KEEP_SECONDS,
        )
        self._guard = guard

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Connection:
        """See the base class, which asks no resolver about a host that is written as an address."""
        self._guard.check_host(req.url.host or "")
        return await super().connect(req, traces, timeout)
