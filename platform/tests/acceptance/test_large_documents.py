"""Documents of 64 MiB pass through a node that has no room for them in its memory."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nodes import Node

MIB = 2**20
SIZE = 64 * MIB


def _lines(size: int) -> Iterator[bytes]:
    """A JSON array of about ``size`` bytes, in pieces of 64 KiB; spaced as no encoder would do it."""
    record = b'{"id": 17, "name": "caf\\u00e9 [\\"x\\"]", "cost": [1.5, -2e3]} ,\n'
    piece = record * (65536 // len(record))
    yield b"["
    for _ in range(size // len(piece) - 1):
        yield piece
    yield b"null]"


async def _body(algorithm: int, value: Iterator[bytes], **fields: Any) -> AsyncIterator[bytes]:
    head = json.dumps({"algorithmId": algorithm, **fields}).encode()
    yield head[:-1] + b', "input": '
    for piece in value:
        yield piece
    yield b"}"


def _peak(node: Node) -> int:
    status = Path(f"/proc/{node.pid}/status").read_text()
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def _reset_peak(node: Node) -> int:
    Path(f"/proc/{node.pid}/clear_refs").write_text("5")
    return _peak(node)


async def _digest(node: Node, path: str) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    async with node.http.stream("GET", path) as answer:
        assert answer.status_code == 200
        announced = int(answer.headers["content-length"])
        async for chunk in answer.aiter_bytes():
            sha256.update(chunk)
            size += len(chunk)
    assert size == announced
    return sha256.hexdigest(), size


@pytest.mark.timeout(300)
async def test_round_trip(node: Node, instance: dict[str, Any]) -> None:
    algorithm = await node.algorithm("echo")
    await node.run("noop", {"numbers": [1]})
    before = _reset_peak(node)
    answer = await node.http.post("/algorithmExecutions", content=_body(algorithm, _lines(SIZE)), timeout=200)
    assert answer.status_code == 202, answer.text
    submitted = answer.json()
    stored = _peak(node) - before
    ended = await node.execution(submitted["id"], wait=120)
    assert ended["state"] == "succeeded", ended["error"]
    ran = _peak(node) - before
    expected = hashlib.sha256(b"".join(_lines(SIZE)))
    assert await _digest(node, f"/algorithmExecutions/{ended['id']}/input") == (
        expected.hexdigest(),
        sum(map(len, _lines(SIZE))),
    )
    assert ended["inputHash"] == expected.hexdigest()
    output, size = await _digest(node, f"/algorithmExecutions/{ended['id']}/output")
    assert size == ended["outputBytes"] > SIZE / 2
    print([x / MIB for x in (before, stored, ran, _peak(node) - before)], size)
    assert _peak(node) - before < 64 * MIB
    assert output
