"""Answers that are streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from oaasplatform.domain.documents import LARGE_BYTES, Document, DocumentStream

_BEGINNING_SECONDS = 1.0
"""A log that is followed may be silent for long, and its reader wants to know that it is connected."""


def announces_little(request: Request) -> bool:
    """Whether a request says that its body is small."""
    size = request.headers.get("content-length", "")
    return size.isdecimal() and int(size) <= LARGE_BYTES


def document_response(document: Document) -> Response:
    """A document as an answer, a large one part by part."""
    if isinstance(document, DocumentStream):
        headers = {"Content-Length": str(document.size)}
        return StreamingResponse(document.chunks, headers=headers, media_type="application/json")
    return Response(document, media_type="application/json")


async def text_stream(chunks: AsyncIterator[bytes]) -> StreamingResponse:
    """Text as it comes. Waits a moment for its beginning, so that an error there is an answer of its own."""
    beginning = asyncio.ensure_future(anext(chunks, None))
    await asyncio.wait({beginning}, timeout=_BEGINNING_SECONDS)
    if beginning.done():
        beginning.result()
    return StreamingResponse(_all(beginning, chunks), media_type="text/plain; charset=utf-8")


async def _all(beginning: asyncio.Future[bytes | None], chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        chunk = await beginning
        while chunk is not None:
            yield chunk
            chunk = await anext(chunks, None)
    finally:
        beginning.cancel()
