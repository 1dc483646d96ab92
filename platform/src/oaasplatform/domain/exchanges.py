"""HTTP and WebSocket traffic that passes through to another server and back, as the layers of a proxy see it.

The server is an instance behind a node, or a node behind a master.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[bytes, bytes], ...]
"""Fields in the order of the wire, names in any case."""


class Mount(Protocol):
    """Where a server appears in the API through which callers reach it."""

    @property
    def prefix(self) -> str:
        """What the server is told to put before its paths; empty if that is not enough to know."""
        ...

    def outside(self, path: str) -> str | None:
        """The path by which callers reach what the server has at ``path``; None if they don't."""
        ...


@dataclass(frozen=True)
class Behind:
    """A mount that has all of the server below one path, which has no slash at its end."""

    prefix: str

    def outside(self, path: str) -> str:
        """See :class:`Mount`. A server that minds ``X-Forwarded-Prefix`` has written the prefix already."""
        return path if path.startswith(f"{self.prefix}/") else self.prefix + path


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a caller asks of a server, before anything was changed about it."""

    method: str
    path: bytes
    """As on the wire, without what names the server; begins with ``/``."""
    query: bytes
    headers: Headers
    client: str | None
    """Address of the caller, as far as it is known."""
    scheme: str
    """``http`` or ``https``, by which the caller speaks to us."""
    mount: Mount
    authorization: str | None = None
    """Shown to the server. None: what the caller wants an instance to be shown, in a header of its own."""


@dataclass(frozen=True)
class Answer:
    """What the caller is answered. The body may break off with ``Unreachable``."""

    status: int
    headers: Headers
    body: AsyncIterator[bytes]


@dataclass(frozen=True)
class Closing:
    """The end of a WebSocket."""

    code: int
    """RFC 6455, section 7.4, and one that may be sent: 1005 and 1006 are replaced by others."""
    reason: str = ""


class Channel(Protocol):
    """An open WebSocket to a server."""

    @property
    def subprotocol(self) -> str | None:
        """Which of the offered ones the server has chosen."""
        ...

    @property
    def headers(self) -> Headers:
        """Of the server's handshake, as far as they concern the caller."""
        ...

    async def send(self, message: str | bytes) -> None:
        """Raises ``Unreachable``."""
        ...

    async def receive(self) -> str | bytes | Closing:
        """The next message, or the end, also that of a connection that was lost."""
        ...

    async def close(self, closing: Closing) -> None:
        """Close it as the caller did, or answer a close of the server."""
        ...


class Passage(Protocol):
    """Passes requests through to one server and to nothing else."""

    def exchange(
        self, base_url: str, request: Request, body: AsyncIterator[bytes] | None
    ) -> AbstractAsyncContextManager[Answer]:
        """Pass a request on; leaving the context before the body has ended breaks the exchange off.

        Raises:
            Unreachable: no answer, a broken one, or nothing moved for too long; also while the body is read.
            ContractBroken: an answer that can't be passed on.
            InvalidDocument: a header that can't be passed on.
        """
        ...

    def open(
        self, base_url: str, request: Request, subprotocols: tuple[str, ...]
    ) -> AbstractAsyncContextManager[Channel | Answer]:
        """Open a WebSocket; an answer is the instance's refusal. Raises as :meth:`exchange`."""
        ...
