"""Requests with a document in them, as they come: a large one is stored on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import msgspec

from oaasplatform.domain.documents import LargeDocument, Uploads, beginning, take, together


class WithInput(Protocol):
    """A request that has an input."""

    input: msgspec.Raw


Create = TypeVar("Create", bound=WithInput)


@asynccontextmanager
async def received(
    documents: Uploads, body: AsyncIterator[bytes], parse: Callable[[bytes], Create]
) -> AsyncIterator[tuple[Create, LargeDocument | None]]:
    """A request, and its input if that is large; in the request is ``null`` then. That is gone afterwards unless it
    was submitted.

    Raises:
        InvalidDocument, PayloadTooLarge
    """
    begin, complete = await beginning(body)
    if complete:
        yield parse(begin), None
        return
    async with documents.begin() as upload:
        taken = await take(together(begin, body), ("input",), upload)
        request = parse(taken.rest)
        if isinstance(taken.document, bytes):
            request.input = msgspec.Raw(taken.document)
        document = taken.document if isinstance(taken.document, LargeDocument) else None
        yield request, document
        if document is not None:
            await documents.discard(document)
