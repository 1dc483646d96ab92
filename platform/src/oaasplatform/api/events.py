"""Server-sent events (HTML Living Standard, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse

_STILL_HERE = b": still here\n\n"
"""A comment, which keeps proxies from closing a silent stream."""


def event_stream(events: AsyncIterator[tuple[int, bytes] | None]) -> StreamingResponse:
    """A stream of events named ``status``: number and JSON document each; None where nothing happens for a while."""
    return StreamingResponse(
        _written(events),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _written(events: AsyncIterator[tuple[int, bytes] | None]) -> AsyncIterator[bytes]:
    async for event in events:
        yield _STILL_HERE if event is None else b"id: %d\nevent: status\ndata: %b\n\n" % event
