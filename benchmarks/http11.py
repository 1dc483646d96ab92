"""As lean an HTTP/1.1 client as can be: one connection, requests that were built before, answers as bytes.

A load generator shares the processor with what it measures; a real client library would cost as much as the node.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Self
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LIMIT = 2**20
"""Bytes; longest head and longest line of a stream."""


def request(
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    kind: str = "application/json",
    prefer: str | None = None,
    last_event_id: str | None = None,
) -> bytes:
    """The bytes of a request."""
    head = [f"{method} {path} HTTP/1.1", "Host: node"]
    if prefer is not None:
        head.append(f"Prefer: {prefer}")
    if last_event_id is not None:
        head.append(f"Last-Event-ID: {last_event_id}")
    if body is not None:
        head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + (body or b"")


class Connection:
    """One connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the origin of ``url``."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port, limit=_LIMIT))

    def close(self) -> None:
        """Cut the connection, in the middle of an answer if need be."""
        self._writer.transport.abort()

    async def call(self, data: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        head = await self._exchange(data)
        if _CHUNKED.search(head):
            return _status(head), b"".join([chunk async for chunk in self._chunks()])
        length = _LENGTH.search(head)
        return _status(head), await self._reader.readexactly(int(length[1])) if length else b""

    async def stream(self, data: bytes) -> tuple[int, AsyncIterator[bytes]]:
        """Status of an answer, and the lines of its body as they come, without their ends."""
        head = await self._exchange(data)
        if _CHUNKED.search(head):
            return _status(head), self._lines()
        length = _LENGTH.search(head)
        return _status(head), _once(await self._reader.readexactly(int(length[1])) if length else b"")

    async def _exchange(self, data: bytes) -> bytes:
        self._writer.write(data)
        return await self._reader.readuntil(b"\r\n\r\n")

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readuntil(b"\r\n")

    async def _lines(self) -> AsyncIterator[bytes]:
        rest = b""
        async for chunk in self._chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
        if rest:
            yield rest


def _status(head: bytes) -> int:
    return int(head[9:12])


async def _once(body: bytes) -> AsyncIterator[bytes]:
    for line in body.splitlines():
        yield line
