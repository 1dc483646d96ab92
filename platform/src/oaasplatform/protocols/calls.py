"""HTTP calls to instances and other programs: answers are bounded in size and time, redirects are not followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import msgspec

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable

ANSWER_SECONDS = 10.0
SMALL = 2**20
"""Bytes of an answer without documents in it."""
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=2.0)

Message = TypeVar("Message")


@dataclass(frozen=True)
class Answer:
    """What an instance answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def excerpt(self) -> str:
        """The beginning, for people."""
        return self.body[:300].decode(errors="replace")


def new_session(connections: int) -> aiohttp.ClientSession:
    """For calls, with at most so many connections; nothing is remembered between them but the connections."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


class Caller:
    """Makes calls."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def call(
        self,
        method: str,
        url: str,
        *,
        limit: int = SMALL,
        seconds: float = ANSWER_SECONDS,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        cut: bool = False,
    ) -> Answer:
        """The answer, whatever its status. A body beyond ``limit`` bytes breaks the contract, or is ``cut`` off.

        Raises:
            InstanceUnreachable: no answer within ``seconds``, or a broken one.
            ContractBroken: too long an answer.
        """
        async with self.open(method, url, seconds=seconds, data=data, headers=headers) as incoming:
            body = bytearray()
            async for chunk in incoming.chunks():
                body += chunk
                if len(body) > limit:
                    if not cut:
                        raise ContractBroken(f"{method} {url} answered more than {limit} bytes.")
                    del body[limit:]
                    break
            return Answer(incoming.status, bytes(body), incoming.headers)

    @asynccontextmanager
    async def open(
        self,
        method: str,
        url: str,
        *,
        seconds: float = ANSWER_SECONDS,
        data: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Incoming]:
        """The answer while it comes: it has a second more for each MiB, and time that its reader takes does not count.

        Raises:
            InstanceUnreachable: no answer in time, or a broken one, as long as the context lasts.
        """
        try:
            async with (
                asyncio.timeout(seconds) as timeout,
                self._session.request(
                    method, url, data=data, headers=headers, timeout=_NO_TIMEOUT, allow_redirects=False
                ) as response,
            ):
                yield Incoming(response, timeout)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise InstanceUnreachable(f"{method} {url}: {error or type(error).__name__}") from error


class Incoming:
    """An answer that is being read; read its body once, by one of the methods."""

    def __init__(self, response: aiohttp.ClientResponse, timeout: asyncio.Timeout) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._content = response.content
        self._timeout = timeout
        self._seconds_left: float | None = None
        """While nobody waits for the instance."""

    async def excerpt(self) -> Answer:
        """The answer with the beginning of its body."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) >= SMALL:
                break
        return Answer(self.status, bytes(body), self.headers)

    async def chunks(self, limit: int | None = None) -> AsyncIterator[bytes]:
        """The pieces of the body. Raises ``ContractBroken`` when they are more than ``limit`` bytes."""
        size = 0
        while chunk := await self._piece():
            size += len(chunk)
            if limit is not None and size > limit:
                raise ContractBroken(f"The instance answered more than {limit} bytes.")
            yield chunk

    async def lines(self, longest: int) -> AsyncIterator[bytes | AsyncIterator[bytes]]:
        """The lines of the body: a large one in pieces, which are to be read before the next line.

        Raises:
            ContractBroken: a line of more than ``longest`` bytes.
        """
        buffer = bytearray()
        seen = 0
        while True:
            while (end := buffer.find(b"\n", seen)) >= 0:
                yield bytes(memoryview(buffer)[:end])
                del buffer[: end + 1]
                seen = 0
            if len(buffer) > SMALL:
                yield self._long_line(buffer, longest)
                seen = 0
                continue
            seen = len(buffer)
            chunk = await self._piece()
            if not chunk:
                break
            buffer += chunk
        if buffer:
            raise InstanceUnreachable("The answer of the instance ended within a line.")

    async def _long_line(self, buffer: bytearray, longest: int) -> AsyncIterator[bytes]:
        """Goes on where the buffer ends, and leaves there what follows the line."""
        size = 0
        chunk = bytes(buffer)
        buffer.clear()
        while (end := chunk.find(b"\n")) < 0:
            size += len(chunk)
            if size > longest:
                raise ContractBroken(f"The instance answered with a line of more than {longest} bytes.")
            yield chunk
            chunk = await self._piece()
            if not chunk:
                raise InstanceUnreachable("The answer of the instance ended within a line.")
        buffer += chunk[end + 1 :]
        yield chunk[:end]

    async def _piece(self) -> bytes:
        now = asyncio.get_running_loop().time
        if self._seconds_left is not None:
            self._timeout.reschedule(now() + self._seconds_left)
        piece = await self._content.readany()
        if (until := self._timeout.when()) is not None:
            self._seconds_left = until - now() + len(piece) / 2**20
            self._timeout.reschedule(None)
        return piece


def decode(body: bytes, type_: type[Message], dialect: str) -> Message:
    """Parse an answer. Raises ``ContractBroken``."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ContractBroken(f"The instance's answer is not what {dialect} asks for: {error}") from error
