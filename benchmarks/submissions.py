"""What clients do to a node: submit a ``noop`` of 20 floats and check its answer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from http11 import Connection, request
from loads import Load, Operation

NUMBERS = [0.5 + number for number in range(20)]
TOTAL = sum(NUMBERS)
PATH = "/algorithmExecutions"
WAIT = "wait=60"
"""``Prefer`` of whoever wants the result."""
LONG_WAIT = "wait=600"
"""For batches and large documents: the longest that a node grants."""


class _Output(msgspec.Struct):
    sum: float


class Execution(msgspec.Struct, rename="camel"):
    """What is looked at of an execution."""

    id: int
    state: str
    output: _Output | None = None

    def check(self) -> None:
        """Complain unless it succeeded, with the right result."""
        assert self.state == "succeeded" and self.output is not None and self.output.sum == TOTAL, self


_decoder = msgspec.json.Decoder(Execution)


def noop_body(algorithm: int, **fields: object) -> bytes:
    """A submission, as JSON."""
    return msgspec.json.encode({"algorithmId": algorithm, "input": {"numbers": NUMBERS}, **fields})


async def submitted(connection: Connection, message: bytes, status: int) -> Execution:
    """The execution in the answer to ``message``, which must have that status."""
    code, body = await connection.call(message)
    assert code == status, (code, body[:1000])
    return _decoder.decode(body)


def until_end(algorithm: int, **fields: object) -> bytes:
    """A request that is answered when the execution has ended."""
    return request("POST", PATH, noop_body(algorithm, **fields), prefer=WAIT)


class _BatchLine(msgspec.Struct):
    line: int
    execution: Execution | None = None
    problem: object = None


_batch_decoder = msgspec.json.Decoder(_BatchLine)


async def batch(url: str, algorithm: int, count: int) -> Load:
    """Submit ``count`` no-ops in one request, and check that each line is answered once, with the right result."""
    body = (noop_body(algorithm) + b"\n") * count
    message = request("POST", f"{PATH}/batch", body, kind="application/x-ndjson", prefer=LONG_WAIT)
    open_lines = set(range(count))
    connection = await Connection.open(url)
    try:
        began = time.perf_counter()
        status, lines = await connection.stream(message)
        assert status == 200, (status, [line async for line in lines])
        async for line in lines:
            answer = _batch_decoder.decode(line)
            assert answer.execution is not None, answer
            answer.execution.check()
            open_lines.remove(answer.line)
        assert not open_lines, f"{len(open_lines)} of {count} lines were not answered"
        return Load(count, time.perf_counter() - began)
    finally:
        connection.close()


@asynccontextmanager
async def noop_clients(url: str, algorithm: int, count: int, **fields: object) -> AsyncIterator[list[Operation]]:
    """Clients with a connection each, that submit and have the result in their hands when they return."""
    message = until_end(algorithm, **fields)
    connections = [await Connection.open(url) for _ in range(count)]

    def client(connection: Connection) -> Operation:
        async def operation() -> None:
            (await submitted(connection, message, 200)).check()

        return operation

    try:
        yield [client(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
