"""Nothing that a caller or an instance says leads the proxy to another place than the instance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from direct_bench import Bench
from nodes import Node

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]


@dataclass
class Trap:
    """A service of the host that only the host itself may reach."""

    port: int = 0
    visits: list[bytes] = field(default_factory=list)


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    """Nobody has been there afterwards."""
    found = Trap()

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.visits.append(await reader.read(1000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    async with server:
        found.port = server.sockets[0].getsockname()[1]
        yield found
        # Whatever was sent there has arrived by the time that this answers.
        reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
        writer.write(b"the test itself")
        await reader.read()
        writer.close()
    assert found.visits == [b"the test itself"]


@pytest.fixture(scope="session")
async def other(dialect_node: Node, direct_repository: dict[str, Any]) -> Bench:
    """Another instance of the same repository."""
    return Bench(dialect_node, await dialect_node.deploy(direct_repository["id"], name="other"))


async def _address(bench: Bench) -> str:
    came = (await bench.ask("{proxy}/x")).json["headers"]
    return str(next(value for name, value in came if name.lower() == "host"))


@pytest.mark.parametrize(
    "target",
    [
        "{proxy}//{trap}/x",
        "{proxy}/http://{trap}/x",
        "{proxy}/@{trap}/x",
        "{proxy}/:80@{trap}/x",
        "{proxy}/\\\\{trap}/x",
        "{proxy}/%0d%0aHost:%20{trap}%0d%0a%0d%0a",
        "{proxy}/?@{trap}/x",
        "{proxy}/x?url=http://{trap}/",
        "{proxy}/x?%0d%0aGET%20http://{trap}/",
        "{proxy}/../../../../{trap}/",
        "{proxy}/%2e%2e/%2e%2e/{trap}",
        "http://{trap}{proxy}/x",
        "http://user:secret@{trap}{proxy}/x",
    ],
)
async def test_targets_stay_at_the_instance(direct: Bench, trap: Trap, target: str) -> None:
    wire = await direct.ask(target.replace("{trap}", f"127.0.0.1:{trap.port}"))
    assert wire.status == 200, wire
    assert next(value for name, value in wire.json["headers"] if name.lower() == "host") == await _address(direct)


@pytest.mark.parametrize(
    "target",
    [
        "{proxy}@{trap}/x",
        "{proxy}:80@{trap}/x",
        "{proxy}%2F..%2Fx",
        "{proxy}x",
        "//{trap}{proxy}/x",
        "/x/..{proxy}/x",
        "/algorithmRepositoriesInstances/-1/proxy/x",
        "/algorithmRepositoriesInstances/1%2F../proxy/x",
        "/algorithmRepositoriesInstances/99999999999999999999/proxy/x",
        "/algorithmRepositoriesInstances/1e0/proxy/x",
        "/algorithmRepositoriesInstances/%31/proxy/x",
        "http://{trap}/x",
    ],
)
async def test_targets_that_are_none_of_the_proxy(direct: Bench, trap: Trap, target: str) -> None:
    before = await direct.count("echo")
    wire = await direct.ask(target.replace("{trap}", f"127.0.0.1:{trap.port}"))
    assert wire.status in (404, 422), wire
    assert await direct.count("echo") == before


@pytest.mark.parametrize(
    "request_",
    [
        b"GET {proxy}/a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET {proxy}/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET {proxy}/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET {proxy}/x HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
        b"POST {proxy}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST {proxy}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST {proxy}/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST {proxy}/x HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
    ],
)
async def test_requests_that_two_servers_could_read_in_two_ways(direct: Bench, request_: bytes) -> None:
    before = await direct.count("echo")
    async with direct.connected() as (reader, writer):
        writer.write(request_.replace(b"{proxy}", direct.prefix.encode()))
        try:
            head = await asyncio.wait_for(reader.read(12), 20)
        except ConnectionResetError:
            head = b""
    assert head in (b"", b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 500"), head
    assert await direct.count("echo") == before


async def test_a_second_request_hidden_in_a_body(direct: Bench, other: Bench) -> None:
    hidden = f"GET {other.prefix}/hidden HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    before = await other.count("echo")
    wire = await direct.ask("{proxy}/x", "Connection: content-length, close", method="POST", body=hidden)
    assert wire.json["body"].encode() == hidden
    assert await other.count("echo") == before


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_redirects_are_not_followed(direct: Bench, trap: Trap, status: int, method: str) -> None:
    place = f"http://127.0.0.1:{trap.port}/"
    moved = f"HTTP/1.1 {status} Moved\r\nLocation: {place}\r\nRefresh: 0; url={place}\r\nContent-Length: 0\r\n\r\n"
    wire = await direct.ask("{proxy}/raw", method=method, body=moved.encode())
    assert (wire.status, wire.all("location")) == (status, [place])


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://{own}/next?q=%2F#f", "{proxy}/next?q=%2F#f"),
        ("http://{own}", "{proxy}/"),
        ("HTTP://{own}/a%2Fb", "{proxy}/a%2Fb"),
        ("//{own}/next", "{proxy}/next"),
        ("/next", "{proxy}/next"),
        ("{proxy}/next", "{proxy}/next"),
        ("next", "{proxy}/next"),
        ("?page=2", "{proxy}/raw?page=2"),
        ("../../../../algorithms", "{proxy}/algorithms"),
        ("http://{other}/next", "http://{other}/next"),
        ("https://{own}/next", "https://{own}/next"),
        ("http://{own}9/next", "http://{own}9/next"),
        ("http://{own}@evil.example/", "http://{own}@evil.example/"),
        ("http://node.example{proxy}/next", "http://node.example{proxy}/next"),
        ("//evil.example/x", "//evil.example/x"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://[broken", "http://[broken"),
    ],
)
async def test_where_redirects_lead(direct: Bench, other: Bench, location: str, expected: str) -> None:
    places = {"{own}": await _address(direct), "{other}": await _address(other), "{proxy}": direct.prefix}
    for name, place in places.items():
        location, expected = location.replace(name, place), expected.replace(name, place)
    wire = await direct.answers(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
    assert wire.all("location") == [expected]


async def test_headers_that_would_be_two(direct: Bench) -> None:
    wire = await direct.answers("HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: oaas=1\r\nContent-Length: 0\r\n\r\n")
    assert wire.status == 502, wire
    assert wire.all("set-cookie") == []


async def test_runs_of_other_dialects_have_no_server(dialect_node: Node, base_image: str) -> None:
    body = {"name": "no-server", "image": base_image, "protocol": "command", "commands": [{"name": "x"}]}
    repository = await dialect_node.post("/algorithmRepositories", body, wait=60)
    instance = await dialect_node.deploy(repository["id"])
    wire = await Bench(dialect_node, instance).ask("{proxy}/")
    assert (wire.status, wire.json["code"]) == (409, "notSupported"), json.dumps(wire.json)
