"""Large bodies, and exchanges that end before they are over."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from direct_bench import Bench
from nodes import Node

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]

LARGE = 200 * 2**20
ROOM = 48 * 2**20
"""Bytes that the node's process may grow by while large bodies pass."""


async def _large() -> AsyncIterator[bytes]:
    piece = bytes(2**20)
    for _ in range(LARGE // len(piece)):
        yield piece


def _memory(node: Node, what: str) -> int:
    text = Path(f"/proc/{node.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(f"{what}:")).split()[1]) * 1024


@pytest.mark.parametrize("chunked", ["yes", "no"])
async def test_large_bodies_in_little_memory(direct: Bench, chunked: str) -> None:
    await direct.ask("{proxy}/x")
    Path(f"/proc/{direct.node.pid}/clear_refs").write_text("5")  # the peak is that of what comes now
    before = _memory(direct.node, "VmRSS")
    headers = {} if chunked == "yes" else {"Content-Length": str(LARGE)}
    sent = await direct.node.http.post(f"{direct.url}/digest", content=_large(), headers=headers)
    expected = {"bytes": LARGE, "sha256": hashlib.sha256(bytes(LARGE)).hexdigest()}
    assert sent.json() == {**expected, "chunked": "chunked" if chunked == "yes" else ""}
    received = 0
    async with direct.node.http.stream("GET", f"{direct.url}/zeros?bytes={LARGE}&chunked={chunked}") as stream:
        assert stream.headers.get("content-length") == (None if chunked == "yes" else str(LARGE))
        async for piece in stream.aiter_raw():
            received += len(piece)
            if received < 2**20:
                await asyncio.sleep(0.2)  # a slow reader: what it does not take must not pile up in the node
    assert received == LARGE
    assert _memory(direct.node, "VmHWM") - before < ROOM


@pytest.mark.parametrize("begin", ["yes", "no"])
async def test_a_caller_that_leaves(direct: Bench, begin: str) -> None:
    before, hanging = await direct.count("left"), await direct.count("hanging")
    async with direct.connected() as (reader, writer):
        writer.write(f"GET {direct.prefix}/hang?begin={begin} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if begin == "yes":
            await reader.readuntil(b"begin\r\n")
        async with asyncio.timeout(20):
            while await direct.count("hanging") == hanging:
                await asyncio.sleep(0.02)
    async with asyncio.timeout(20):
        while await direct.count("left") == before:
            await asyncio.sleep(0.02)


async def test_a_caller_that_leaves_in_the_middle_of_its_body(direct: Bench) -> None:
    echoed = await direct.count("echo")
    async with direct.connected() as (_, writer):
        writer.write(f"POST {direct.prefix}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart".encode())
        await writer.drain()
    assert (await direct.ask("{proxy}/counts")).status == 200
    assert await direct.count("echo") == echoed


@pytest.mark.parametrize(
    "begun",
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n",
    ],
)
async def test_answers_that_break_off(direct: Bench, begun: str) -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        await direct.answers(begun)


@pytest.mark.parametrize(
    ("nonsense", "code"),
    [
        ("", "instanceUnreachable"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "instanceUnreachable"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "instanceUnreachable"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "instanceUnreachable"),
        ("HTTP/1.1 200 OK\r\nX: " + "x" * 200_000 + "\r\n\r\n", "instanceUnreachable"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\nzz\r\n", "instanceUnreachable"),
        ("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "contractBroken"),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", "contractBroken"),
    ],
)
async def test_answers_that_are_none(direct: Bench, nonsense: str, code: str) -> None:
    wire = await direct.answers(nonsense)
    assert (wire.status, wire.json["code"]) == (502, code)


async def test_the_server_dies_in_the_middle_of_an_answer(
    dialect_node: Node, direct_repository: dict[str, object]
) -> None:
    repository_id = direct_repository["id"]
    assert isinstance(repository_id, int)
    bench = Bench(dialect_node, await dialect_node.deploy(repository_id, name="to-die"))
    async with bench.connected() as (reader, writer):
        writer.write(f"GET {bench.prefix}/die?name=now HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await reader.readuntil(b"begin\r\n")
        await bench.ask("{proxy}/open?name=now")
        assert await asyncio.wait_for(reader.read(), 20) == b""
    await dialect_node.delete(f"/algorithmRepositoriesInstances/{bench.id}")
