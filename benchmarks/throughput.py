"""How many no-ops 32 clients get done, against Celery with Redis, and procrastinate, in the same run.

Each client submits one execution, waits for its result, and submits the next. Node and peers take turns; whoever has no
turn is idle. README.md says how this is fair.
"""

from __future__ import annotations

import uvloop
from bounds import new_database
from command_line import CommandLine
from harness import Subject, warm_subject
from loads import Load, for_seconds
from peers import Peer, celery, procrastinate
from report import at_least, milliseconds, publish
from submissions import noop_clients

CLIENTS = 32


async def measure(node: Subject, peers: tuple[Peer, ...], turns: int, seconds: float) -> Load:
    """What the node did in its turns; the peers know it themselves."""
    ours = Load()
    algorithm = node.algorithm("noop")
    for turn in range(1 + turns):
        async with noop_clients(node.url, algorithm, CLIENTS) as clients:
            load = await for_seconds(clients, seconds)
        if turn:  # the first one warms up
            ours.add(load)
        for peer in peers:
            peer.turn(seconds, counts=turn > 0)
    return ours


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("turns", 5, 1, "turns of node and peers")
    line.size("seconds", 5.0, 0.3, "length of a turn")
    arguments = line.parse()
    with warm_subject() as node:
        jobs = uvloop.run(new_database(node.dsn, "procrastinate"))
        with celery() as first, procrastinate(jobs) as second:
            ours = uvloop.run(measure(node, (first, second), arguments.turns, arguments.seconds))
            rates = {peer.name: peer.rate for peer in (first, second)}
    publish(
        "throughput",
        at_least("executions/s, times Celery and Redis", ours.rate / rates["celery"], 1.5),
        smoke=arguments.smoke,
        unit="executions/s",
        node=round(ours.rate, 1),
        nodeMilliseconds=milliseconds(ours.durations),
        **{name: round(rate, 1) for name, rate in rates.items()},
    )


if __name__ == "__main__":
    main()
