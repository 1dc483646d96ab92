"""Documents that are too large to be in memory as a whole: they pass in parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from oaasplatform.domain.errors import InvalidDocument, PayloadTooLarge, Violation
from oaasplatform.kit.json_members import MemberRepeated, MemberScanner

LARGE_BYTES = 2**20
"""Documents of more bytes are large."""
PART_BYTES = 2**18
"""Large documents are stored in parts of this size."""
REST_BYTES = 2**20
"""What may stand beside the large document in a message."""


@dataclass(frozen=True, kw_only=True)
class LargeDocument:
    """A document that was stored in parts."""

    id: int
    """Of the sequence that executions have their ids of; the execution of an input has the same."""
    size: int
    """Bytes."""
    sha256: bytes


@dataclass(frozen=True, kw_only=True)
class DocumentStream:
    """A large document to be read, once."""

    size: int
    """Bytes."""
    chunks: AsyncIterator[bytes]

    async def whole(self) -> bytes:
        """All of it, for those who have no other way."""
        body = bytearray()
        async for chunk in self.chunks:
            body += chunk
        return bytes(body)


Document = bytes | DocumentStream
"""As it is read: small ones at once."""


class Upload(Protocol):
    """A document on its way in. It is nobody's until an execution is stored with it."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises ``DatabaseUnavailable``."""
        ...

    async def finish(self) -> bytes | LargeDocument:
        """There are no more. What is small was not stored at all. Raises ``DatabaseUnavailable``."""
        ...


class Uploads(Protocol):
    """Takes in documents."""

    def begin(self) -> AbstractAsyncContextManager[Upload]:
        """A new one. When the context is left with an error, nothing of it remains."""
        ...

    async def discard(self, document: LargeDocument) -> None:
        """Forget a document unless it is an execution's by now."""
        ...


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A message, and the document that was in it."""

    rest: bytes
    """The message with ``null`` where the document was."""
    document: bytes | LargeDocument | None
    """None: the message has no such member."""


async def take(body: AsyncIterator[bytes], path: tuple[str, ...], upload: Upload) -> Taken:
    """Read a message of JSON, and store the value of one of its members on the way.

    Neither is checked beyond what tells where the value ends: the rest is to be parsed, and whoever parses the value
    has to bear that it is not JSON.

    Args:
        body: the pieces of the message; the caller bounds their number.
        path: keys from the outermost object to the member.
        upload: takes the value.

    Raises:
        InvalidDocument: the member is there twice.
        PayloadTooLarge: the rest is too long.
        DatabaseUnavailable
    """
    scanner = MemberScanner(path)
    try:
        async for chunk in body:
            for piece in scanner.feed(chunk):
                await upload.write(piece)
            if len(scanner.rest) > REST_BYTES:
                raise PayloadTooLarge(f"What stands beside {path[-1]!r} has more than {REST_BYTES} bytes.")
    except MemberRepeated as error:
        pointer = "/" + "/".join(path)
        raise InvalidDocument(f"{path[-1]!r} is there twice.", (Violation(pointer, "It is there twice."),)) from error
    return Taken(rest=bytes(scanner.rest), document=await upload.finish() if scanner.found else None)


async def beginning(body: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """What comes first, and whether that is all of it: if not, it is large."""
    begin = bytearray()
    async for chunk in body:
        begin += chunk
        if len(begin) > LARGE_BYTES:
            return bytes(begin), False
    return bytes(begin), True


async def together(begin: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The whole again."""
    yield begin
    async for chunk in rest:
        yield chunk
