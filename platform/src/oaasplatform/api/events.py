"""Server-sent events (HTML Living Standard, section 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse

_KEEP_ALIVE_SECONDS = 15.0
"""A comment that often keeps proxies from closing a silent stream."""


def last_event(request: Request) -> int:
    """The number of the event that a reader saw last; 0: none."""
    header = request.headers.get("last-event-id", "")
    return int(header) if header.isascii() and header.isdigit() and len(header) < 19 else 0


def event_stream(events: AsyncIterator[tuple[int, bytes]]) -> StreamingResponse:
    """A stream of events named ``status``: number and JSON document each."""
    return StreamingResponse(
        _written(events),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _written(events: AsyncIterator[tuple[int, bytes]]) -> AsyncIterator[bytes]:
    upcoming: asyncio.Future[tuple[int, bytes]] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({upcoming}, timeout=_KEEP_ALIVE_SECONDS)
            if not done:
                yield b": still here\n\n"
                continue
            try:
                id_, document = upcoming.result()
            except StopAsyncIteration:
                return
            upcoming = None
            yield b"id: %d\nevent: status\ndata: %b\n\n" % (id_, document)
    finally:
        if upcoming is not None:
            upcoming.cancel()
