"""How many of the shortest runs an instance executes: batches of launches against single calls.

Starts an instance without a node or containers, takes turns between both ways, and prints one JSON line: runs a second,
and the CPU time of the instance (server and worker) for a run. ``--help`` has the options.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
from command_line import CommandLine
from report import at_least, publish

MODULE = """
from oaas_sdk import algorithm

@algorithm(id=1)
def noop(input: list[float]) -> float:
    return input[0]
"""
INPUT = json.dumps([number / 7 for number in range(20)])
BATCH = 64
BATCHES = 2
"""Batches under way: while one is answered, the next one is there."""
CALLBACK = "http://127.0.0.1:9/never-called"

_ids = itertools.count()


def is_ready(port_file: Path) -> bool:
    """Whether the instance listens, and has imported the module."""
    if not port_file.exists():
        return False
    return httpx.get(f"http://127.0.0.1:{port_file.read_text(encoding='ascii').strip()}/health").is_success


@contextmanager
def instance(workers: int) -> Iterator[tuple[int, psutil.Process]]:
    """An instance that serves the module above: its port and its process."""
    with tempfile.TemporaryDirectory() as directory:
        module, port_file = Path(directory) / "noop_algorithms.py", Path(directory) / "port"
        module.write_text(MODULE, encoding="utf-8")
        environment = {"OAAS_HOST": "127.0.0.1", "OAAS_PORT": "0", "OAAS_PORT_FILE": str(port_file)}
        process = subprocess.Popen(
            [sys.executable, "-m", "oaas_sdk", "serve", str(module)],
            env={**os.environ, **environment, "OAAS_CONCURRENCY": str(workers)},
            stderr=subprocess.DEVNULL,
        )
        try:
            while not is_ready(port_file):
                assert process.poll() is None, "the instance ended"
                time.sleep(0.01)
            yield int(port_file.read_text(encoding="ascii")), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(10)


class Connection:
    """As little of HTTP/1.1 as an answer of an instance needs, so that the client costs little."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, path: str, media_type: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: instance\r\nContent-Type: {media_type}\r\nPrefer: wait=30\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        head_lines = (await self._reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        status = int(head_lines[0].split()[1])
        for line in head_lines:
            if line.startswith(b"content-length:"):
                return status, await self._reader.readexactly(int(line.split(b":")[1]))
        parts = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return status, b"".join(parts)


def launch(**more: int) -> bytes:
    """A launch document with an id of its own."""
    head = json.dumps({"executionId": f"run-{next(_ids)}", "callbackUrl": CALLBACK, **more})
    return f'{head[:-1]}, "input": {INPUT}}}'.encode()


async def by_single_calls(connection: Connection) -> int:
    """Execute one run; it is tried again when the slots are taken."""
    body = launch()
    while True:
        status, answer = await connection.post("/executions/1", "application/json", body)
        if status == 200:
            assert b'"output":0.0' in answer, answer
            return 1
        assert status == 429, answer
        await asyncio.sleep(0)


async def by_batches(connection: Connection) -> int:
    """Execute a batch of runs."""
    body = b"\n".join(launch(algorithmId=1) for _ in range(BATCH))
    status, answer = await connection.post("/executions", "application/x-ndjson", body)
    assert status == 200, answer
    assert answer.count(b'"output":0.0') == BATCH, answer
    return BATCH


async def measure(
    port: int, process: psutil.Process, way: Callable[[Connection], Awaitable[int]], connections: int, seconds: float
) -> tuple[float, float]:
    """Runs a second, and CPU seconds of the instance for a run."""

    async def use() -> int:
        connection = Connection(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))
        runs = 0
        while time.perf_counter() < end:
            runs += await way(connection)
        return runs

    family = [process, *process.children(recursive=True)]
    before, began = sum(sum(one.cpu_times()[:2]) for one in family), time.perf_counter()
    end = began + seconds
    runs = sum(await asyncio.gather(*(use() for _ in range(connections))))
    passed = time.perf_counter() - began
    return runs / passed, (sum(sum(one.cpu_times()[:2]) for one in family) - before) / runs


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("rounds", 5, 1, "measured turns of each way")
    line.size("seconds", 3.0, 0.3, "length of a turn")
    line.size("workers", 8, 8, "slots of the instance, and connections for single calls")
    arguments = line.parse()
    ways = {"single": (by_single_calls, arguments.workers), "batch": (by_batches, BATCHES)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with instance(arguments.workers) as (port, process):
        for turn in range(arguments.rounds + 1):
            for name, (way, connections) in ways.items():
                seconds = arguments.seconds if turn else arguments.seconds / 3
                figures = asyncio.run(measure(port, process, way, connections, seconds))
                if turn:  # the first one warms up
                    found[name].append(figures)
    rates = {name: statistics.median(rate for rate, _ in values) for name, values in found.items()}
    costs = {name: statistics.median(cost for _, cost in values) for name, values in found.items()}
    publish(
        "instance",
        at_least("runs/s in batches, times single calls", rates["batch"] / rates["single"], 1.5),
        smoke=arguments.smoke,
        runs_per_second={name: round(rate) for name, rate in rates.items()},
        microseconds_of_cpu={name: round(cost * 1e6) for name, cost in costs.items()},
    )


if __name__ == "__main__":
    main()
