"""Between a caller's connection and an exchange with another server, in both directions at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import structlog
from starlette.types import Receive, Scope, Send

from oaasplatform.domain.errors import Unreachable
from oaasplatform.domain.exchanges import Answer, Channel, Closing, Request

_BAD_GATEWAY = 1014
"""Close code of a WebSocket whose server is gone (IANA's registry of RFC 6455)."""

log = structlog.get_logger(__name__)


class Exchanges(Protocol):
    """Finds a server by its id, and passes requests through to it."""

    def exchange(
        self, id_: int, request: Request, body: AsyncIterator[bytes] | None
    ) -> AbstractAsyncContextManager[Answer]:
        """See ``domain.exchanges.Passage``."""
        ...

    def open(
        self, id_: int, request: Request, subprotocols: tuple[str, ...]
    ) -> AbstractAsyncContextManager[Channel | Answer]:
        """See ``domain.exchanges.Passage``."""
        ...


class _CallerGone(Exception):
    """The caller's connection ended before its request did."""


class _Upload:
    """The body of a request as it comes, and whether the caller is still there."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._over = asyncio.Event()
        self._gone = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises ``_CallerGone``."""
        try:
            more = True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self._gone = True
                    raise _CallerGone
                more = message.get("more_body", False)
                if message.get("body"):
                    yield message["body"]
        finally:
            self._over.set()

    def nothing(self) -> None:
        """There is no body."""
        self._over.set()

    async def caller_gone(self) -> None:
        """Returns when the caller's connection has ended."""
        await self._over.wait()
        while not self._gone:
            # Nobody asks for more of the body; what comes of it meanwhile is thrown away.
            self._gone = (await self._receive())["type"] == "http.disconnect"


async def relay_http(
    exchanges: Exchanges, id_: int, request: Request, scope: Scope, receive: Receive, send: Send
) -> None:
    """Pass a request and its answer. Raises as ``Passage.exchange``, unless the answer has begun already.

    If the server breaks off then, so does the caller's connection: nobody can take half an answer for a whole one.
    """
    upload = _Upload(receive)
    body: AsyncIterator[bytes] | None = None
    if _has_body(request):
        body = upload.chunks()
    else:
        upload.nothing()
    await _unless(upload.caller_gone(), _answer(exchanges, id_, request, body, send))


async def _answer(
    exchanges: Exchanges, id_: int, request: Request, body: AsyncIterator[bytes] | None, send: Send
) -> None:
    begun = False
    try:
        async with exchanges.exchange(id_, request, body) as answer:
            begun = True
            await _send_answer(answer, send)
    except Unreachable as error:
        if not begun:
            raise
        # The server cuts the connection of an application that returns in the middle of an answer.
        log.warning("an answer was broken off", server=id_, reason=error.detail)


async def _send_answer(answer: Answer, send: Send, kind: str = "http.response") -> None:
    await send({"type": f"{kind}.start", "status": answer.status, "headers": list(answer.headers)})
    async for chunk in answer.body:
        await send({"type": f"{kind}.body", "body": chunk, "more_body": True})
    await send({"type": f"{kind}.body", "body": b"", "more_body": False})


async def relay_websocket(
    exchanges: Exchanges, id_: int, request: Request, scope: Scope, receive: Receive, send: Send
) -> None:
    """Pass a WebSocket until one side ends it. Raises as ``Passage.open``, unless it is open already."""
    await receive()  # websocket.connect
    accepted = False
    try:
        async with exchanges.open(id_, request, tuple(scope["subprotocols"])) as channel:
            if isinstance(channel, Answer):
                await _send_answer(channel, send, "websocket.http.response")
                return
            headers = list(channel.headers)
            await send({"type": "websocket.accept", "subprotocol": channel.subprotocol, "headers": headers})
            accepted = True
            await _pass_messages(channel, receive, send)
    except Unreachable as error:
        if not accepted:
            raise
        log.warning("a WebSocket was broken off", server=id_, reason=error.detail)
        await send({"type": "websocket.close", "code": _BAD_GATEWAY})


async def _pass_messages(channel: Channel, receive: Receive, send: Send) -> None:
    caller = asyncio.ensure_future(_to_server(channel, receive))
    server = asyncio.ensure_future(_to_caller(channel, send))
    try:
        await asyncio.wait({caller, server}, return_when=asyncio.FIRST_COMPLETED)
        left = await caller if caller.done() else None
        if left is None:
            ended = await server
            await send({"type": "websocket.close", "code": ended.code, "reason": ended.reason})
        await _stopped(server)
        await channel.close(left or ended)
    finally:
        await _stopped(caller, server)


async def _to_server(channel: Channel, receive: Receive) -> Closing | None:
    """Until the caller leaves; None: the server did, and what comes from there says how."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return Closing(message.get("code", 1005), message.get("reason") or "")
        text = message.get("text")
        try:
            await channel.send(message["bytes"] if text is None else text)
        except Unreachable:
            return None


async def _to_caller(channel: Channel, send: Send) -> Closing:
    """Until the server leaves."""
    while True:
        message = await channel.receive()
        if isinstance(message, Closing):
            return message
        await send({"type": "websocket.send", "text" if isinstance(message, str) else "bytes": message})


def _has_body(request: Request) -> bool:
    """RFC 9112, section 6.3: without either of these there is none."""
    lengths = {name.lower(): value for name, value in request.headers}
    return b"transfer-encoding" in lengths or lengths.get(b"content-length", b"0").strip(b"0 ") != b""


async def _unless(end: Coroutine[Any, Any, None], work: Coroutine[Any, Any, None]) -> None:
    """Work until it is done or ``end`` comes, whichever is first. Raises what ``work`` raises."""
    watching, working = asyncio.ensure_future(end), asyncio.ensure_future(work)
    try:
        await asyncio.wait({watching, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
    finally:
        await _stopped(watching, working)


async def _stopped(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
