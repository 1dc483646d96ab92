"""WebSockets of callers, passed through to an instance message by message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable
from oaasplatform.domain.exchanges import Answer, Channel, Closing, Headers, Request
from oaasplatform.protocols.passthrough import fields
from oaasplatform.protocols.passthrough.addresses import target_url
from oaasplatform.protocols.passthrough.sessions import new_session, reason

MESSAGE_BYTES = 16 * 2**20
"""Of a message; the node's own server has the same limit for callers."""
_HANDSHAKE_SECONDS = 30.0
_PING_SECONDS = 20.0
_CLOSE_SECONDS = 2.0
_REFUSAL_BYTES = 64 * 1024
_NORMAL, _GOING_AWAY, _BAD_GATEWAY = 1000, 1001, 1014


class _Refused(Exception):
    """The instance answered a handshake with something else than a WebSocket."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body


class _Socket:
    """See :class:`~oaasplatform.domain.exchanges.Channel`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, headers: Headers) -> None:
        self._socket = socket
        self.subprotocol = socket.protocol
        self.headers = headers

    async def send(self, message: str | bytes) -> None:
        try:
            if isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)
        except (aiohttp.ClientError, OSError) as error:
            raise InstanceUnreachable(f"The instance closed the WebSocket: {error}") from error

    async def receive(self) -> str | bytes | Closing:
        message = await self._socket.receive()
        match message.type:
            case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                received: str | bytes = message.data
                return received
            case aiohttp.WSMsgType.CLOSE:
                return Closing(_sendable(message.data or _NORMAL), message.extra or "")
            case aiohttp.WSMsgType.ERROR if isinstance(message.data, aiohttp.WebSocketError):
                return Closing(_sendable(message.data.code), "The instance broke the WebSocket protocol.")
            case _:
                return Closing(_BAD_GATEWAY, "The instance is gone.")

    async def close(self, closing: Closing) -> None:
        await self._socket.close(code=_sendable(closing.code), message=closing.reason.encode())


@asynccontextmanager
async def opened(
    connector: aiohttp.TCPConnector, base_url: str, request: Request, subprotocols: tuple[str, ...]
) -> AsyncIterator[Channel | Answer]:
    """See ``Passage.open``."""
    url = target_url(base_url, request.path, request.query)
    headers = fields.to_instance(request, has_body=False)
    handshake: list[Headers] = []

    async def looked_at(asked: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        # Before anything else sees it: left alone, the client would follow a redirect to wherever it leads.
        response = await handler(asked)
        try:
            answered = fields.to_caller(response.raw_headers, request, url, response.status)
            refusal = None if response.status == 101 else await _beginning(response)
        except BaseException:
            response.close()
            raise
        if refusal is not None:
            response.close()
            raise _Refused(response.status, answered, refusal)
        handshake.append(answered)
        return response

    async with new_session(connector, looked_at) as session:
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                socket = await session.ws_connect(
                    url,
                    protocols=subprotocols,
                    headers=headers,
                    heartbeat=_PING_SECONDS,
                    autoclose=False,
                    max_msg_size=MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
                )
        except _Refused as refused:
            yield _refusal(refused)
            return
        except (aiohttp.ClientError, OSError) as error:
            raise InstanceUnreachable(f"WebSocket {url.raw_path}: {reason(error)}") from error
        async with socket:
            yield _Socket(socket, handshake[0])


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= _REFUSAL_BYTES:
            break
    return bytes(body[:_REFUSAL_BYTES])


def _refusal(refused: _Refused) -> Answer:
    if not 200 <= refused.status < 600:
        raise ContractBroken(f"The instance answered with status {refused.status}.")
    # The body is cut where it is too long for a refusal.
    headers = tuple((name, value) for name, value in refused.headers if name.lower() != b"content-length")

    async def body() -> AsyncIterator[bytes]:
        yield refused.body

    return Answer(refused.status, headers, body())


def _sendable(code: int) -> int:
    """A code that may stand in a close frame; of a caller that left without one, the one for that."""
    if code in (1000, 1001, 1002, 1003) or 1007 <= code <= 1014 or 3000 <= code < 5000:
        return code
    return _GOING_AWAY if code in (1005, 1006) else _NORMAL
