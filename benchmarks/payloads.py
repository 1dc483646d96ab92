"""Whether a large input and output pass through a node without filling its memory or holding up others.

One client has an ``echo`` run on the largest document that the node takes, reads the output and compares it. Meanwhile
other clients run no-ops on an instance of their own, in turns: with a large document under way, and without. The memory
is the peak of the node's process since the moment before.
"""

from __future__ import annotations

import asyncio
import statistics

import msgspec
import uvloop
from command_line import CommandLine
from harness import Subject, subject
from http11 import Connection, request
from loads import Load, for_seconds, until_done
from processes import MIB, forget_peak, peak
from report import at_most, milliseconds, publish
from submissions import LONG_WAIT, PATH, noop_clients

LIMIT = 64 * MIB
"""Largest body that a node takes, unless it is told otherwise."""
SMALL_QUOTA = {"cpu": 1}
LARGE_QUOTA = {"cpu": 0.5, "ram": "3GB"}
"""Of the instance that runs the large ones: parsing there is not the node's work, and must not take both cores."""
CLIENTS = 4
HEAD_BYTES = 256
"""Room for the rest of the body of a submission."""
MOST_MIB = 64


class _Ended(msgspec.Struct):
    id: int
    state: str


def numbers(size: int) -> bytes:
    """A JSON array of numbers with about that many bytes, at most."""
    text = msgspec.json.encode([number + 0.125 for number in range(1_000, 1_000 + 5_000)])[1:-1]
    copies = (size - 2) // (len(text) + 1)
    assert copies, f"{size} bytes are too few"
    return b"[" + b",".join([text] * copies) + b"]"


async def echo(url: str, algorithm: int, instance: int, document: bytes) -> None:
    """Run it on the document, and read the same document from the output."""
    head = msgspec.json.encode({"algorithmId": algorithm, "algorithmRepositoryInstanceId": instance})[:-1]
    body = b"".join([head, b',"input":', document, b"}"])
    assert len(body) <= LIMIT, len(body)
    connection = await Connection.open(url)
    try:
        status, answer = await connection.call(request("POST", PATH, body, prefer=LONG_WAIT))
        assert status == 200, (status, answer[:1000])
        execution = msgspec.json.decode(answer, type=_Ended)
        assert execution.state == "succeeded", answer[:1000]
        status, output = await connection.call(request("GET", f"{PATH}/{execution.id}/output"))
        assert status == 200 and output == document, (status, len(output), len(document))
    finally:
        connection.close()


async def measure(node: Subject, size: int, turns: int, seconds: float) -> tuple[Load, Load, int]:
    """What the small ones took without and with a large one under way, and the bytes that the node took more."""
    repository = node.register("benchmark")
    small, large = node.deploy(repository, **SMALL_QUOTA), node.deploy(repository, **LARGE_QUOTA)
    noop, echoing = node.algorithm("noop"), node.algorithm("echo")
    document = numbers(size - HEAD_BYTES)
    quiet, busy, more = Load(), Load(), 0
    for turn in range(1 + turns):
        async with noop_clients(node.url, noop, CLIENTS, algorithmRepositoryInstanceId=small["id"]) as clients:
            calm = await for_seconds(clients, seconds)
            forget_peak(node.node.pid)
            before = peak(node.node.pid)
            echoed = asyncio.create_task(echo(node.url, echoing, large["id"], document))
            loaded = await until_done(clients, echoed)
            if turn:  # the first one warms up
                quiet.add(calm)
                busy.add(loaded)
                more = max(more, peak(node.node.pid) - before)
    return quiet, busy, more


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("mebibytes", 64, 1, "size of the large documents")
    line.size("turns", 5, 1, "large documents")
    line.size("seconds", 5.0, 0.2, "length of a turn without one")
    arguments = line.parse()
    with subject() as node:
        size = arguments.mebibytes * MIB
        quiet, busy, more = uvloop.run(measure(node, size, arguments.turns, arguments.seconds))
    ratio = statistics.median(busy.durations) / statistics.median(quiet.durations)
    publish(
        "payloads",
        at_most(f"memory for {arguments.mebibytes} MiB in and out", more / MIB, MOST_MIB, "MiB"),
        at_most("p50 of small ones meanwhile, as a multiple of that without", ratio, 1.5),
        smoke=arguments.smoke,
        unit="ms",
        without=milliseconds(quiet.durations),
        meanwhile=milliseconds(busy.durations),
    )


if __name__ == "__main__":
    main()
