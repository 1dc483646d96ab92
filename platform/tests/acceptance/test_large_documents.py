"""Documents of 64 MiB pass through a node that has no room for them in its memory, and nothing is left of half ones."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from nodes import Node

from oaasplatform.database.database import Database
from oaasplatform.database.embedded import dsn

MIB = 2**20
SIZE = 64 * MIB
SAMPLE = Path(__file__).parents[1] / "sample-repository"
PATH = "/algorithmExecutions"


async def _new_node(directory: Path, **settings: str) -> Node:
    node = Node(directory, "process", OAAS_PURGE_ON_EXIT="true", OAAS_ALLOW_OVERCOMMIT="true", **settings)
    await node.start()
    repository = await node.register(str(SAMPLE))
    await node.deploy(repository["id"], name="one")
    return node


@pytest.fixture(scope="module")
async def large_node(shared_dir: Path) -> AsyncIterator[Node]:
    """A node with the sample repository and an instance, as a plain process: its memory is to be measured."""
    node = await _new_node(shared_dir / "large")
    yield node
    await node.end()


@pytest.fixture
async def mortal_node(shared_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[Node]:
    """The same for one test, to be killed."""
    node = await _new_node(shared_dir / f"mortal-{request.node.name}", OAAS_POLL_INTERVAL="1")
    yield node
    if not node.runs:
        await node.start()
    await node.end()


def _value(size: int) -> Iterator[bytes]:
    """A JSON array of strings in exactly ``size`` bytes, in pieces, as the SDK would write it."""
    piece = b'"caf\xc3\xa9 [\\"x\\"] {",' * 3000
    whole, rest = divmod(size - len(b'[""]'), len(piece))
    yield b"["
    for _ in range(whole):
        yield piece
    yield b'"' + b"x" * rest + b'"]'


def _digest(pieces: Iterable[bytes]) -> str:
    sha256 = hashlib.sha256()
    for piece in pieces:
        sha256.update(piece)
    return sha256.hexdigest()


async def _body(algorithm: int, value: Iterable[bytes], **fields: Any) -> AsyncIterator[bytes]:
    yield json.dumps({"algorithmId": algorithm, **fields}).encode()[:-1] + b', "input": '
    for piece in value:
        yield piece
    yield b"}"


async def _submit(node: Node, value: Iterable[bytes], *, to: str = PATH, **options: Any) -> httpx.Response:
    headers = options.pop("headers", {})
    body = _body(await node.algorithm(options.pop("algorithm", "echo")), value, **options)
    return await node.http.post(to, content=body, headers=headers, timeout=200)


async def _run(node: Node, value: Iterable[bytes], **options: Any) -> dict[str, Any]:
    answer = await _submit(node, value, headers={"Prefer": "wait=120"}, **options)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _read(node: Node, path: str) -> tuple[int, str]:
    """Size and digest of a document, and whether the answer announced it rightly."""
    sha256, size = hashlib.sha256(), 0
    async with node.http.stream("GET", path) as answer:
        assert answer.status_code == 200
        async for chunk in answer.aiter_bytes():
            sha256.update(chunk)
            size += len(chunk)
    assert size == int(answer.headers["content-length"])
    return size, sha256.hexdigest()


def _peak(node: Node) -> int:
    """The most memory that the node had since the last reset, in bytes."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{node.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


async def _stored(node: Node) -> tuple[int, int, int]:
    """Executions, large documents, and uploads that are no execution's."""
    connection = await asyncpg.connect(dsn(node.data_dir))
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM executions) + (SELECT count(*) FROM execution_history),"
            " (SELECT count(DISTINCT document_id) FROM document_parts), (SELECT count(*) FROM document_uploads)"
        )
    finally:
        await connection.close()
    return tuple(row)


async def _until(node: Node, reached: Callable[[tuple[int, int, int]], bool]) -> None:
    async with asyncio.timeout(30):
        while not reached(await _stored(node)):
            await asyncio.sleep(0.02)


async def _sweep(node: Node) -> int:
    """What the janitor does ten minutes later."""
    database = Database(dsn(node.data_dir), node.data_dir, auto_migrate=False)
    await database.open()
    try:
        return await database.documents.sweep(timedelta(0))
    finally:
        await database.close()


@pytest.mark.timeout(300)
async def test_64_mib_in_and_out(large_node: Node) -> None:
    node = large_node
    await node.run("noop", {"numbers": [1]})
    expected = _digest(_value(SIZE))
    Path(f"/proc/{node.pid}/clear_refs").write_text("5")
    before = _peak(node)
    ended = await _run(node, _value(SIZE))
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1), ended["error"]
    assert (ended["inputHash"], ended["outputBytes"]) == (expected, SIZE)
    assert await _read(node, f"{PATH}/{ended['id']}/input") == (SIZE, expected)
    assert await _read(node, f"{PATH}/{ended['id']}/output") == (SIZE, expected)
    more = _peak(node) - before
    print(f"{more / MIB:.0f} MiB more")
    assert more < 48 * MIB


async def test_it_can_be_repeated_and_forgotten(large_node: Node) -> None:
    size = 3 * MIB
    before = await _stored(large_node)
    ended = await _run(large_node, _value(size))
    again = await large_node.post(f"{PATH}/{ended['id']}/rerun", wait=60, status=200)
    assert (again["state"], again["inputHash"]) == ("succeeded", ended["inputHash"])
    for id_ in (ended["id"], again["id"]):
        assert await _read(large_node, f"{PATH}/{id_}/input") == (size, _digest(_value(size)))
        assert await _read(large_node, f"{PATH}/{id_}/output") == (size, _digest(_value(size)))
        await large_node.delete(f"{PATH}/{id_}", purge=True, status=204)
    assert await _stored(large_node) == before


async def test_the_same_key_is_the_same_execution(large_node: Node) -> None:
    headers = {"Idempotency-Key": "large"}
    first, second = [await _submit(large_node, _value(2 * MIB), headers=headers) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    other = await _submit(large_node, _value(2 * MIB + 1), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotencyMismatch")
    await large_node.execution(first.json()["id"], wait=60)
    assert (await _stored(large_node))[2] == 0


async def test_a_dry_run_stores_nothing(large_node: Node) -> None:
    before = await _stored(large_node)
    answer = await _submit(large_node, _value(2 * MIB), to=f"{PATH}/dryRun")
    assert answer.status_code == 200
    assert await _stored(large_node) == before


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("noop", [b'{"numbers": [', b"1," * MIB, b'"one"]}']),
        ("echo", [b"[", b"1," * MIB, b"]"]),
        ("echo", [b'{"a": [', b"1," * MIB, b"1}]"]),
        ("echo", [b'["', b"\xff" * 2 * MIB, b'"]']),
        ("echo", [b"1" * MIB, b"x" * MIB]),
    ],
)
async def test_the_instance_refuses_what_does_not_fit(large_node: Node, algorithm: str, value: list[bytes]) -> None:
    ended = await _run(large_node, value, algorithm=algorithm)
    assert (ended["state"], ended["error"]["type"]) == ("failed", "inputRefused"), ended["error"]
    assert (await large_node.run("noop", {"numbers": [1]}))["state"] == "succeeded"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"algorithmId": 1, "input": [' + b"1," * MIB + b"1]", 400, "notJson"),
        (b'{"algorithmId": 1, "input": "' + b"x" * 2 * MIB, 400, "notJson"),
        (b'{"algorithmId": 1, "wrong": 2, "input": "' + b"x" * 2 * MIB + b'"}', 422, "invalidRequest"),
        (b'{"input": "' + b"x" * 2 * MIB + b'"}', 422, "invalidRequest"),
        (b'{"algorithmId": 10000, "input": "' + b"x" * 2 * MIB + b'"}', 404, "notFound"),
        (b'{"algorithmId": 1, "input": 1, "input": "' + b"x" * 2 * MIB + b'"}', 422, "invalidDocument"),
        (b'{"algorithmId": 1, "userId": "' + b"x" * 2 * MIB + b'", "input": 1}', 413, "payloadTooLarge"),
        (b'{"algorithmId": 1, "input": 1' + b" " * MIB + b"}", 413, "payloadTooLarge"),
    ],
)
async def test_requests_that_are_refused_leave_nothing(large_node: Node, body: bytes, status: int, code: str) -> None:
    before = await _stored(large_node)
    answer = await large_node.http.post(PATH, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await _stored(large_node) == before


async def test_a_client_that_goes_away_leaves_nothing(large_node: Node) -> None:
    before = await _stored(large_node)

    def leaving() -> Iterator[bytes]:
        yield from list(_value(8 * MIB))[:-1]
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await _submit(large_node, leaving())
    await _until(large_node, lambda stored: stored == before)


async def test_too_large(shared_dir: Path) -> None:
    node = await _new_node(shared_dir / "limits", OAAS_MAX_BODY_BYTES=str(3 * MIB), OAAS_MAX_OUTPUT_BYTES=str(2 * MIB))
    try:
        refused = await _submit(node, _value(4 * MIB))
        assert (refused.status_code, refused.json()["code"]) == (413, "payloadTooLarge")
        for size in (2 * MIB + 9, 30 * MIB):
            ended = await node.run("large", size, wait=60)
            assert ended["state"] == "failed"
            assert ended["error"]["type"] in ("invalidOutput", "contractBroken"), ended["error"]
        await _until(node, lambda stored: stored == (2, 0, 0))
        assert (await node.run("large", 2 * MIB - 2))["outputBytes"] == 2 * MIB
    finally:
        await node.end()


async def test_a_node_that_is_killed_while_an_input_comes(mortal_node: Node) -> None:
    node = mortal_node

    async def body() -> AsyncIterator[bytes]:
        async for piece in _body(await node.algorithm("echo"), list(_value(8 * MIB))[:-1]):
            yield piece
        await _until(node, lambda stored: stored[2] == 1)
        await node.kill()
        yield b'"" ]}'

    with pytest.raises((httpx.HTTPError, RuntimeError)):
        await node.http.post(PATH, content=body())
    await node.start()
    assert await _stored(node) == (0, 1, 1)
    assert await _sweep(node) == 1
    assert await _stored(node) == (0, 0, 0)


@pytest.mark.parametrize("victim", ["node", "instance"])
async def test_who_is_killed_while_an_output_comes(mortal_node: Node, victim: str) -> None:
    node = mortal_node
    submitted = await node.run("large", SIZE - 2, wait=None)
    await _until(node, lambda stored: stored[2] == 1)
    if victim == "node":
        await node.kill()
        await node.start()
    else:
        _kill_instance(node)
    ended = await node.execution(submitted["id"], wait=60)
    assert (ended["state"], ended["outputBytes"]) == ("succeeded", SIZE), ended["error"]
    assert ended["attempt"] == (1 if victim == "node" else 2)
    expected = _digest([b'"', b"x" * (SIZE - 2), b'"'])
    assert await _read(node, f"{PATH}/{ended['id']}/output") == (SIZE, expected)
    # What came of the first try is left to the janitor if the node that took it is gone.
    assert await _sweep(node) == (1 if victim == "node" else 0)
    assert await _stored(node) == (1, 1, 0)


async def test_a_node_that_is_killed_while_an_input_goes(mortal_node: Node) -> None:
    node = mortal_node
    answer = await _submit(node, _value(32 * MIB))
    await node.reaches(answer.json()["id"], "starting", "running")
    await node.kill()
    await node.start()
    ended = await node.execution(answer.json()["id"], wait=90)
    assert (ended["state"], ended["outputBytes"]) == ("succeeded", 32 * MIB), ended["error"]


def _kill_instance(node: Node) -> None:
    ours = [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("OAAS_PORT_FILE", "").startswith(str(node.data_dir))
    ]
    assert ours
    for process in ours:
        process.kill()
