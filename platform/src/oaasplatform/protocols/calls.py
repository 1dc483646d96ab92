"""HTTP calls to instances, which are untrusted: answers are bounded in size and time, redirects are not followed."""

from __future__ import annotations

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
_CHUNK = 64 * 1024

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
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=2.0)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > limit:
                        if not cut:
                            raise ContractBroken(f"{method} {response.url.path} answered more than {limit} bytes.")
                        del body[limit:]
                        break
                return Answer(response.status, bytes(body), response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise InstanceUnreachable(f"{method} {url}: {error or type(error).__name__}") from error

    @asynccontextmanager
    async def lines(
        self, method: str, url: str, *, longest: int, seconds: float, data: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """The head of an answer, with the beginning of its body unless the status is 200, and its lines if it is.

        Raises:
            InstanceUnreachable: no answer, or a broken one (also while lines are read); ``seconds`` are for all of it.
            ContractBroken: a line of more than ``longest`` bytes.
        """
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=2.0)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                begin = b"" if response.status == 200 else await response.content.read(SMALL)
                yield Answer(response.status, begin, response.headers), _lines(response.content, longest)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise InstanceUnreachable(f"{method} {url}: {error or type(error).__name__}") from error


async def _lines(content: aiohttp.StreamReader, longest: int) -> AsyncIterator[bytes]:
    buffer = bytearray()
    async for chunk in content.iter_any():
        seen = len(buffer)
        buffer += chunk
        while (end := buffer.find(b"\n", seen)) >= 0:
            yield bytes(memoryview(buffer)[:end])
            del buffer[: end + 1]
            seen = 0
        if len(buffer) > longest:
            raise ContractBroken(f"The instance answered with a line of more than {longest} bytes.")
    if buffer:
        raise InstanceUnreachable("The answer of the instance ended within a line.")


def decode(body: bytes, type_: type[Message], dialect: str) -> Message:
    """Parse an answer. Raises ``ContractBroken``."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ContractBroken(f"The instance's answer is not what {dialect} asks for: {error}") from error
