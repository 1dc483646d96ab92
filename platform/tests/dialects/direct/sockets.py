"""WebSockets of the server: an echo that closes, dies or refuses when it is told to."""

from __future__ import annotations

import asyncio
import json

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

MAX_BYTES = 64 * 2**20


async def serve(
    head: bytes,
    path: str,
    headers: list[tuple[str, str]],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """One connection, whose head was read already."""
    if path == "/ws-refused":
        writer.write(b"HTTP/1.1 403 Forbidden\r\nX-Why: closed\r\nContent-Length: 16\r\n\r\nno sockets")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(b" today")
        return
    if path == "/ws-moved":
        to = next(value for name, value in headers if name.lower() == "x-to")
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
        return
    offered = any(name.lower() == "sec-websocket-protocol" for name, _ in headers)
    protocol = ServerProtocol(max_size=MAX_BYTES, subprotocols=[Subprotocol("plan.v1")] if offered else None)
    protocol.receive_data(head)
    while True:
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
                protocol.send_text(json.dumps({"line": head.split(b"\r\n")[0].decode(), "headers": headers}).encode())
            elif isinstance(event, Frame):
                _react(protocol, event, writer)
        for data in protocol.data_to_send():
            if not data:
                return
            writer.write(data)
        await writer.drain()
        received = await reader.read(65536)
        if not received:
            return
        protocol.receive_data(received)


def _react(protocol: ServerProtocol, frame: Frame, writer: asyncio.StreamWriter) -> None:
    if frame.opcode is Opcode.CLOSE and protocol.close_rcvd is not None:
        print(f"closed by the caller: {protocol.close_rcvd.code} {protocol.close_rcvd.reason}")
    elif frame.opcode is Opcode.BINARY:
        protocol.send_binary(frame.data)
    elif frame.opcode is Opcode.TEXT:
        word, _, rest = bytes(frame.data).decode().partition(" ")
        match word:
            case "close":
                protocol.send_close(int(rest), "as you wish")
            case "die":
                writer.transport.abort()
            case "big":
                protocol.send_binary(bytes(int(rest)))
            case "garbage":
                writer.write(b"\xff\xff\xff\xff")
            case _:
                protocol.send_text(bytes(frame.data))
