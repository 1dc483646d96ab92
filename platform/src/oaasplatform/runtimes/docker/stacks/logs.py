"""The logs of a stack's containers as one: each line begins with the name of its service."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping

from oaasplatform.domain.errors import EngineUnavailable
from oaasplatform.runtimes.docker.engine import Engine
from oaasplatform.runtimes.docker.streams import read_logs

_LONGEST = 64 * 1024
"""Bytes of a line that are kept together while others write, too."""
_QUEUED = 100
"""Lines read ahead of whoever reads all of them."""
_Line = tuple[bytes, bytes]
"""When it was written, in the engine's words, which sort as text; and itself."""


async def combined_logs(
    engine: Engine, containers: Mapping[str, str], *, tail: int | None, follow: bool
) -> AsyncIterator[bytes]:
    """Logs of containers, whose ids are given by service.

    In the order in which the lines were written; with ``follow`` as they come, and ``tail`` counts for each service.
    """
    width = max(map(len, containers), default=0)
    streams = {
        f"{service:{width}} | ".encode(): _lines(engine, id_, tail=tail, follow=follow)
        for service, id_ in containers.items()
    }
    lines = _as_they_come(streams) if follow else _in_order(streams)
    if tail is None or follow:
        async for line in lines:
            yield line
        return
    last: deque[bytes] = deque(maxlen=tail)
    async for line in lines:
        last.append(line)
    for line in last:
        yield line


async def _in_order(streams: Mapping[bytes, AsyncIterator[_Line]]) -> AsyncIterator[bytes]:
    """Merge logs that have an end; one line of each is held."""
    heads = {}
    for prefix, stream in streams.items():
        if (head := await anext(stream, None)) is not None:
            heads[prefix] = head
    while heads:
        first = min(heads, key=lambda prefix: heads[prefix][0])
        yield first + heads[first][1]
        following = await anext(streams[first], None)
        if following is None:
            del heads[first]
        else:
            heads[first] = following


async def _as_they_come(streams: Mapping[bytes, AsyncIterator[_Line]]) -> AsyncIterator[bytes]:
    """Read logs that go on, until the first of them has ended: so has the unit then."""
    queue: asyncio.Queue[bytes | EngineUnavailable | None] = asyncio.Queue(_QUEUED)

    async def read(prefix: bytes, stream: AsyncIterator[_Line]) -> None:
        try:
            async for _, line in stream:
                await queue.put(prefix + line)
        except EngineUnavailable as error:
            await queue.put(error)
        else:
            await queue.put(None)

    readers = [asyncio.create_task(read(prefix, stream)) for prefix, stream in streams.items()]
    try:
        while readers and (line := await queue.get()) is not None:
            if isinstance(line, EngineUnavailable):
                raise line
            yield line
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _lines(engine: Engine, container_id: str, *, tail: int | None, follow: bool) -> AsyncIterator[_Line]:
    """Whole lines of a container with the times they began at. The engine hands long ones over in pieces."""
    began, line = b"", b""
    pieces = read_logs(engine, container_id, tail=tail, follow=follow, timestamps=True)
    async for piece in pieces:
        time, _, text = piece.partition(b" ")
        began = began if line else time
        line += text
        if line.endswith(b"\n") or len(line) > _LONGEST:
            yield began, line.removesuffix(b"\n") + b"\n"
            line = b""
    if line:
        yield began, line + b"\n"
