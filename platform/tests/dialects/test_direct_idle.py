"""Exchanges in which nothing moves are broken off, and only those."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from oaasplatform.domain.errors import InstanceUnreachable
from oaasplatform.domain.exchanges import Behind, Request
from oaasplatform.protocols.passthrough import HttpPassage

IDLE = 0.4

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _serving(behaviour: Behaviour) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await behaviour(reader, writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def passage() -> AsyncIterator[HttpPassage]:
    """One that has little patience."""
    found = HttpPassage(idle_seconds=IDLE)
    yield found
    await found.close()


def _request(*headers: tuple[bytes, bytes]) -> Request:
    return Request(
        method="POST", path=b"/x", query=b"", headers=headers, client=None, scheme="http", mount=Behind("/proxy")
    )


async def _until_the_caller_leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass


async def _begins(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin")
    await _until_the_caller_leaves(reader, writer)


async def _ticks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    for _ in range(10):
        await asyncio.sleep(IDLE / 4)
        writer.write(b"x")


async def _takes_ten(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = await reader.readexactly(10)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + body)


async def _slowly() -> AsyncIterator[bytes]:
    for _ in range(10):
        await asyncio.sleep(IDLE / 4)
        yield b"x"


async def test_no_answer(passage: HttpPassage) -> None:
    async with _serving(_until_the_caller_leaves) as url:
        with pytest.raises(InstanceUnreachable, match="silent for too long"):
            async with passage.exchange(url, _request(), None):
                pytest.fail("there was an answer")


async def test_an_answer_that_stops(passage: HttpPassage) -> None:
    received = b""
    async with _serving(_begins) as url:
        with pytest.raises(InstanceUnreachable, match="silent for too long"):
            async with passage.exchange(url, _request(), None) as answer:
                async for chunk in answer.body:
                    received += chunk
    assert received == b"begin"


async def test_a_caller_that_takes_nothing(passage: HttpPassage) -> None:
    async with _serving(_begins) as url:
        with pytest.raises(InstanceUnreachable, match="silent for too long"):
            async with passage.exchange(url, _request(), None) as answer:
                async for _ in answer.body:
                    await asyncio.Event().wait()


async def test_a_slow_answer(passage: HttpPassage) -> None:
    async with _serving(_ticks) as url, passage.exchange(url, _request(), None) as answer:
        assert b"".join([chunk async for chunk in answer.body]) == b"x" * 10


async def test_a_slow_request(passage: HttpPassage) -> None:
    headers = ((b"content-length", b"10"),)
    async with _serving(_takes_ten) as url, passage.exchange(url, _request(*headers), _slowly()) as answer:
        assert b"".join([chunk async for chunk in answer.body]) == b"x" * 10


async def test_nobody_there(passage: HttpPassage) -> None:
    async with _serving(_ticks) as url:
        pass
    with pytest.raises(InstanceUnreachable):
        async with passage.exchange(url, _request(), None):
            pytest.fail("there was an answer")
