"""HTTP and WebSocket traffic that passes through the node to an instance and back, as the proxy's layers see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[bytes, bytes], ...]
"""Fields in the order of the wire, names in any case."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a caller asks of an instance, before anything was changed about it."""

    method: str
    path: bytes
    """As on the wire, behind the part that names the instance; begins with ``/``."""
    query: bytes
    headers: Headers
    client: str | None
    """Address of the caller, as far as the node knows it."""
    scheme: str
    """``http`` or ``https``, by which the caller speaks to the node."""
    prefix: bytes
    """Path of the node's API under which the instance appears, without a slash at its end."""


@dataclass(frozen=True)
class Answer:
    """What the caller is answered. The body may break off with ``InstanceUnreachable``."""

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
    """An open WebSocket to an instance."""

    @property
    def subprotocol(self) -> str | None:
        """Which of the offered ones the instance has chosen."""
        ...

    @property
    def headers(self) -> Headers:
        """Of the instance's handshake, as far as they concern the caller."""
        ...

    async def send(self, message: str | bytes) -> None:
        """Raises ``InstanceUnreachable``."""
        ...

    async def receive(self) -> str | bytes | Closing:
        """The next message, or the end, also that of a connection that was lost."""
        ...

    async def close(self, closing: Closing) -> None:
        """Close it as the caller did, or answer a close of the instance."""
        ...


class Passage(Protocol):
    """Passes requests through to an instance and to nothing else."""

    def exchange(
        self, base_url: str, request: Request, body: AsyncIterator[bytes] | None
    ) -> AbstractAsyncContextManager[Answer]:
        """Pass a request on; leaving the context before the body has ended breaks the exchange off.

        Raises:
            InstanceUnreachable: no answer, a broken one, or nothing moved for too long; also while the body is read.
            ContractBroken: an answer that can't be passed on.
            InvalidDocument: a header that can't be passed on.
        """
        ...

    def open(
        self, base_url: str, request: Request, subprotocols: tuple[str, ...]
    ) -> AbstractAsyncContextManager[Channel | Answer]:
        """Open a WebSocket; an answer is the instance's refusal. Raises as :meth:`exchange`."""
        ...
