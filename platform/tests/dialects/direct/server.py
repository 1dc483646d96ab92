"""An HTTP server that tells exactly what it got on the wire, and answers as badly as it is asked to."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import sockets

PORT = 8080
SLOW_SECONDS = 5.0
_CHUNK = 65536

counts: Counter[str] = Counter()
gates: dict[str, asyncio.Event] = {}


@dataclass
class Call:
    """A request: its head as it came, and its body still to be read."""

    line: str
    headers: list[tuple[str, str]]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def target(self) -> str:
        """As in the request line."""
        return self.line.split(" ")[1]

    @property
    def path(self) -> str:
        """Undecoded."""
        return self.target.partition("?")[0]

    def option(self, name: str, default: str = "") -> str:
        """Of the query."""
        return parse_qs(self.target.partition("?")[2]).get(name, [default])[0]

    def header(self, name: str) -> str:
        """The first of this name."""
        return next((value for each, value in self.headers if each.lower() == name), "")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        if self.header("expect") and self.option("continue", "yes") == "yes":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in self.header("transfer-encoding"):
            while size := int(await self.reader.readline(), 16):
                yield await self.reader.readexactly(size)
                await self.reader.readline()
            while (await self.reader.readline()).strip():
                pass
        left = int(self.header("content-length") or 0)
        while left:
            chunk = await self.reader.read(min(left, _CHUNK))
            if not chunk:
                raise ConnectionResetError
            left -= len(chunk)
            yield chunk

    async def body(self) -> bytes:
        """All of it."""
        return b"".join([chunk async for chunk in self.chunks()])

    def answer(self, document: object, status: str = "200 OK") -> None:
        """With JSON."""
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + (b"" if self.line.startswith("HEAD ") else body))


async def echo(call: Call) -> None:
    """What came."""
    body = await call.body()
    counts["echo"] += 1
    call.answer({"line": call.line, "headers": call.headers, "body": body.decode("latin-1")})


async def raw(call: Call) -> None:
    """The request's body is the answer, head and all."""
    call.writer.write(await call.body())


async def digest(call: Call) -> None:
    """How much came, without keeping it."""
    sha, size = hashlib.sha256(), 0
    async for chunk in call.chunks():
        sha.update(chunk)
        size += len(chunk)
    call.answer({"bytes": size, "sha256": sha.hexdigest(), "chunked": call.header("transfer-encoding")})


async def zeros(call: Call) -> None:
    """So many bytes, with a length or in chunks."""
    left = int(call.option("bytes"))
    chunked = call.option("chunked") == "yes"
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {left}"
    call.writer.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
    while left:
        data = bytes(min(left, _CHUNK))
        left -= len(data)
        call.writer.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
        await call.writer.drain()
    call.writer.write(b"0\r\n\r\n" if chunked else b"")


async def mirror(call: Call) -> None:
    """Each piece of the body at once as a chunk of the answer."""
    call.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    async for chunk in call.chunks():
        call.writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        await call.writer.drain()
    call.writer.write(b"0\r\n\r\n")


async def gate(call: Call) -> None:
    """One chunk, and another one when somebody asks for ``/open`` with the same name."""
    opened = gates.setdefault(call.option("name"), asyncio.Event())
    call.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    await opened.wait()
    call.writer.write(b"6\r\nsecond\r\n0\r\n\r\n")


async def open_gate(call: Call) -> None:
    """See ``gate``."""
    gates.setdefault(call.option("name"), asyncio.Event()).set()
    call.answer({})


async def hang(call: Call) -> None:
    """No answer (or one that never ends); it is counted when the caller has had enough."""
    counts["hanging"] += 1
    if call.option("begin") == "yes":
        call.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")
    while await call.reader.read(_CHUNK):
        pass
    counts["left"] += 1


async def refuse(call: Call) -> None:
    """An answer before the body is read."""
    call.answer({"refused": True}, "417 Expectation Failed")


async def die(call: Call) -> None:
    """The whole server, in the middle of an answer."""
    call.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")
    await call.writer.drain()
    await gates.setdefault(call.option("name"), asyncio.Event()).wait()
    os._exit(7)


async def page(call: Call) -> None:
    """A page that means harm."""
    file = Path(__file__).with_name("page.js" if call.path == "/page.js" else "page.html")
    kind = "text/javascript" if call.path == "/page.js" else "text/html"
    body = file.read_bytes()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    call.writer.write(head.encode() + body)


async def shared(call: Call) -> None:
    """What pages of any origin may read."""
    call.writer.write(
        b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 21\r\n\r\nallowed by the server"
    )


async def counted(call: Call) -> None:
    """What was counted so far."""
    call.answer(counts)


PLACES = {
    "/raw": raw,
    "/digest": digest,
    "/zeros": zeros,
    "/mirror": mirror,
    "/gate": gate,
    "/open": open_gate,
    "/hang": hang,
    "/refuse": refuse,
    "/die": die,
    "/counts": counted,
    "/page": page,
    "/page.js": page,
    "/shared": shared,
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")[:-2]
        headers = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
        call = Call(line, headers, reader, writer)
        if call.header("upgrade").lower() == "websocket":
            await sockets.serve(head, call.path, headers, reader, writer)
        else:
            await PLACES.get(call.path, echo)(call)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
        print("broken off:", repr(error))
    finally:
        writer.close()


async def main() -> None:
    """Serve for ever, at once or as the variable START says."""
    start = os.environ.get("START", "normal")
    if start == "never":
        await asyncio.Event().wait()
    if start == "slow":
        await asyncio.sleep(SLOW_SECONDS)
    server = await asyncio.start_server(serve, "0.0.0.0", PORT, limit=2**20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
