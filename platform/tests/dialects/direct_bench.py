"""What the tests of the proxy work with: the image, instances of it, and requests that no client would send."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dialect import docker_build
from nodes import Node

_SERVER = Path(__file__).parent / "direct"
IMAGE = "oaas-test-direct"


def build(base_image: str) -> str:
    """The image, with the package that speaks WebSocket."""
    package = find_spec("websockets")
    assert package is not None
    assert package.submodule_search_locations
    with tempfile.TemporaryDirectory() as directory:
        context = Path(directory) / "context"
        shutil.copytree(_SERVER, context)
        shutil.copytree(package.submodule_search_locations[0], context / "websockets")
        return docker_build(context, IMAGE, base_image)


@dataclass(frozen=True)
class Wire:
    """An answer as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    informational: list[int] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Values of a header."""
        return [value for each, value in self.headers if each.lower() == name]

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Bench:
    """An instance behind the proxy of a node."""

    def __init__(self, node: Node, instance: dict[str, Any]) -> None:
        self.node = node
        self.id = int(instance["id"])
        self.prefix = f"/algorithmRepositoriesInstances/{instance['id']}/proxy"
        self.url = f"{node.url}{self.prefix}"

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection to the node."""
        parts = urlsplit(self.node.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def send(self, data: bytes) -> Wire:
        """Send bytes to the node, and read one answer."""
        async with self.connected() as (reader, writer):
            writer.write(data)
            return await answer(reader, head_only=data.startswith(b"HEAD "))

    async def ask(self, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> Wire:
        """A request with a target that is sent as it is; ``{proxy}`` stands for the proxy's path."""
        framing = [f"Content-Length: {len(body)}"] if body else []
        lines = [f"{method} {target.replace('{proxy}', self.prefix)} HTTP/1.1", *headers, *framing]
        if not any(each.lower().startswith("host:") for each in headers):
            lines.insert(1, "Host: node.example")
        return await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    async def answers(self, raw: str, *headers: str) -> Wire:
        """What becomes of an answer that the server gives word for word."""
        return await self.ask("{proxy}/raw", *headers, method="POST", body=raw.encode())

    async def count(self, what: str) -> int:
        """What the server has counted."""
        return int((await self.ask("{proxy}/counts")).json.get(what, 0))


async def answer(reader: asyncio.StreamReader, *, head_only: bool = False) -> Wire:
    """Read one answer. Raises ``IncompleteReadError`` when it breaks off."""
    informational: list[int] = []
    async with asyncio.timeout(30):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
            status = int(head[0].split(" ")[1])
            if status >= 200:
                break
            informational.append(status)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:])]
        found = {name.lower(): value for name, value in headers}
        if head_only or status in (204, 304):
            body = b""
        elif found.get("transfer-encoding") == "chunked":
            body = b"".join([chunk async for chunk in chunks(reader)])
        else:
            body = await reader.readexactly(int(found["content-length"]))
    return Wire(status, headers, body, informational)


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Of a body; raises ``IncompleteReadError`` when it breaks off."""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        data = await reader.readexactly(size + 2)
        if not size:
            return
        yield data[:-2]
