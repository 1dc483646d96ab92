"""How long one client waits for the result of a no-op, against the bare three commits of the same server.

One sequential client submits with ``Prefer: wait`` and has the result in its hands when the answer comes: validated,
queued, launched in a warm container, committed. Bound: one connection does one INSERT and two UPDATEs (bounds.py). Both
take turns in short slices, so that they see the same machine.
"""

from __future__ import annotations

import statistics

import uvloop
from bounds import three_writes
from command_line import CommandLine
from harness import Subject, warm_subject
from loads import Load, times
from report import at_most, milliseconds, publish
from submissions import noop_clients


async def measure(node: Subject, turns: int, calls: int) -> tuple[Load, Load]:
    """What the node and the bound took."""
    ours, bound = Load(), Load()
    async with (
        noop_clients(node.url, node.algorithm("noop"), 1) as (execute,),
        three_writes(node.dsn, 1) as (write,),
    ):
        for turn in range(1 + turns):
            slices = await times(execute, calls), await times(write, calls)
            if turn:  # the first one warms up
                ours.add(slices[0])
                bound.add(slices[1])
    return ours, bound


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("turns", 40, 2, "turns of node and bound")
    line.size("calls", 50, 5, "calls in a turn")
    arguments = line.parse()
    with warm_subject() as node:
        ours, bound = uvloop.run(measure(node, arguments.turns, arguments.calls))
    median = statistics.median(ours.durations)
    node_times, bound_times = milliseconds(ours.durations), milliseconds(bound.durations)
    publish(
        "latency",
        at_most("p50, times the three bare commits", median / statistics.median(bound.durations), 4),
        at_most("p99, times the p50", node_times["p99"] / node_times["p50"], 3),
        smoke=arguments.smoke,
        unit="ms",
        calls=ours.count,
        node=node_times,
        bound=bound_times,
    )


if __name__ == "__main__":
    main()
