"""How many no-ops one batch gets done, against what 16 connections commit of the bare three writes in the same run.

``POST /algorithmExecutions/batch`` takes a line for each execution and answers with a line for each as it ends. Node
and bound take turns.
"""

from __future__ import annotations

import uvloop
from bounds import three_writes
from command_line import CommandLine
from harness import Subject, warm_subject
from loads import Load, for_seconds
from report import at_least, publish
from submissions import batch

CONNECTIONS = 16


async def measure(node: Subject, turns: int, lines: int, seconds: float) -> tuple[Load, Load]:
    """What the node and the bound got done."""
    algorithm = node.algorithm("noop")
    ours, bound = Load(), Load()
    async with three_writes(node.dsn, CONNECTIONS) as writers:
        for turn in range(1 + turns):
            slices = await batch(node.url, algorithm, lines), await for_seconds(writers, seconds)
            if turn:  # the first one warms up
                ours.add(slices[0])
                bound.add(slices[1])
    return ours, bound


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("turns", 5, 1, "turns of node and bound")
    line.size("lines", 10_000, 50, "executions in a batch")
    line.size("seconds", 5.0, 0.2, "length of a turn of the bound")
    arguments = line.parse()
    with warm_subject() as node:
        ours, bound = uvloop.run(measure(node, arguments.turns, arguments.lines, arguments.seconds))
    publish(
        "batch",
        at_least(f"executions/s, times three bare commits by {CONNECTIONS}", ours.rate / bound.rate, 1),
        smoke=arguments.smoke,
        unit="executions/s",
        lines=arguments.lines,
        node=round(ours.rate, 1),
        bound=round(bound.rate, 1),
    )


if __name__ == "__main__":
    main()
