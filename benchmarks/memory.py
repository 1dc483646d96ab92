"""How much memory a node takes: idle, and after many executions.

The node has started on a database that exists, as nearly all starts do: one that migrates has loaded more.
"""

from __future__ import annotations

import asyncio

import uvloop
from command_line import CommandLine
from harness import Subject, subject
from loads import times
from processes import resident
from report import at_most, publish
from submissions import batch, noop_clients

CLIENTS = 32
BATCH_LINES = 10_000
"""Executions in one request."""
LIMIT_MB = 120.0
MB = 10**6


async def work(node: Subject, executions: int) -> int:
    """Get executions done, a tenth of them by clients that wait for each, the rest in batches; how many."""
    algorithm = node.algorithm("noop")
    batched = executions * 9 // 10
    each = -(-(executions - batched) // CLIENTS)
    async with noop_clients(node.url, algorithm, CLIENTS) as clients:
        await asyncio.gather(*(times(client, each) for client in clients))
    for done in range(0, batched, BATCH_LINES):
        await batch(node.url, algorithm, min(BATCH_LINES, batched - done))
    return each * CLIENTS + batched


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("executions", 100_000, 100, "executions between the two looks")
    arguments = line.parse()
    with subject() as node:
        node.node.stop()
        node.connect(node.node.start())
        node.deploy(node.register("benchmark"))
        idle = resident(node.node.pid)
        done = uvloop.run(work(node, arguments.executions))
        after = resident(node.node.pid)
    publish(
        "memory",
        at_most("idle node, without PostgreSQL", idle / MB, LIMIT_MB, "MB"),
        at_most(f"after {done} executions, as a multiple of that", after / idle, 1.2),
        smoke=arguments.smoke,
        unit="MB",
        executions=done,
        idle=round(idle / MB, 1),
        after=round(after / MB, 1),
    )


if __name__ == "__main__":
    main()
