"""Whether a node with millions of executions is as fast as one with a thousand.

Two nodes, each with a server of its own, take turns: one has 1 000 executions, the other has ``--rows``. Measured are
submitting, the newest page of the list, and a page in its middle. The rows take several GB: the script says how many
before it begins, and refuses where the disk has too little.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

import asyncpg
import msgspec
import uvloop
from command_line import CommandLine
from filling import Template, fill, template
from harness import Subject, warm_subject
from http11 import Connection, request
from loads import Load, times
from report import at_most, milliseconds, publish
from submissions import PATH, WAIT, noop_body, submitted

FEW = 1_000
PAGE = 100
MEASURED = ("submit", "newestPage", "middlePage")
GB = 10**9
SPARE = 2.0
"""Times the estimate that has to be free: the server's log and what sorting needs come on top."""


class _Listed(msgspec.Struct, rename="camel"):
    id: int
    created_at: datetime


class _Page(msgspec.Struct):
    items: list[_Listed]
    next: str | None


@dataclass
class Client:
    """One client of a node whose list is full."""

    node: Subject
    algorithm: int
    middle: str = ""
    """Where the middle of the list is: the part of a query."""
    loads: dict[str, Load] = field(default_factory=lambda: {name: Load() for name in MEASURED})

    async def turn(self, name: str, calls: int) -> Load:
        """Do one of the things that are measured so many times."""
        connection = await Connection.open(self.node.url)
        try:
            if name == "submit":
                return await self._submissions(connection, calls)
            where = self.middle if name == "middlePage" else ""
            return await times(lambda: page(connection, where), calls)
        finally:
            connection.close()

    async def _submissions(self, connection: Connection, calls: int) -> Load:
        """Only submitting is measured: the end is waited for, so that nothing piles up."""
        message = request("POST", PATH, noop_body(self.algorithm))
        load = Load()
        for _ in range(calls):
            began = time.perf_counter()
            execution = await submitted(connection, message, 202)
            load.durations.append(time.perf_counter() - began)
            (await submitted(connection, request("GET", f"{PATH}/{execution.id}", prefer=WAIT), 200)).check()
        return load


async def page(connection: Connection, where: str) -> _Page:
    """One page of the list, which is full and in order."""
    status, body = await connection.call(request("GET", f"{PATH}?limit={PAGE}{where}"))
    assert status == 200, (status, body[:1000])
    found = msgspec.json.decode(body, type=_Page)
    ids = [item.id for item in found.items]
    assert len(ids) == PAGE and ids == sorted(ids, reverse=True), ids
    return found


async def filled(node: Subject, rows: int) -> Client:
    """A client of the node, once that has so many executions."""
    client = Client(node, node.algorithm("noop"))
    await client.turn("submit", 1)
    database = await asyncpg.connect(node.dsn)
    connection = await Connection.open(node.url)
    try:
        (ran,) = node.api.items(PATH)
        source = await template(database, ran["id"])
        _check_space(node, source, rows)
        first = await fill(node.dsn, source, rows)
        created = datetime.fromisoformat(ran["createdAt"]) - timedelta(milliseconds=0.1 * (rows // 2))
        found = await page(connection, f"&createdBefore={quote(created.isoformat())}")
        assert found.next is not None and abs(found.items[0].id - first - rows // 2) < PAGE, found
        client.middle = f"&cursor={quote(found.next)}"
    finally:
        connection.close()
        await database.close()
    return client


def _check_space(node: Subject, source: Template, rows: int) -> None:
    wanted = source.bytes * rows
    free = shutil.disk_usage(node.node.data_dir).free
    if wanted > GB:
        print(f"filling takes about {wanted / GB:.0f} GB of {free / GB:.0f} GB that are free", file=sys.stderr)
    if wanted * SPARE > free:
        sys.exit(f"There is too little space for {rows} executions; choose fewer with --rows, or another TMPDIR.")


async def measure(few: Subject, many: Subject, rows: int, turns: int, calls: int) -> tuple[Client, Client]:
    """The clients of both nodes, with what they measured."""
    clients = await filled(few, FEW), await filled(many, rows)
    for turn in range(1 + turns):
        for name in MEASURED:
            for client in clients:
                load = await client.turn(name, calls)
                if turn:  # the first one warms up
                    client.loads[name].add(load)
    return clients


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("rows", 10_000_000, 20_000, "executions of the larger node")
    line.size("turns", 20, 1, "turns of the nodes")
    line.size("calls", 25, 5, "calls in a turn")
    arguments = line.parse()
    with warm_subject() as first, warm_subject() as second:
        few, many = uvloop.run(measure(first, second, arguments.rows, arguments.turns, arguments.calls))
    medians = {
        name: (statistics.median(few.loads[name].durations), statistics.median(many.loads[name].durations))
        for name in MEASURED
    }
    publish(
        "flat",
        *(at_most(f"{name}, p50, times that with {FEW} rows", b / a, 1.3) for name, (a, b) in medians.items()),
        smoke=arguments.smoke,
        unit="ms",
        rows=arguments.rows,
        few={name: milliseconds(load.durations) for name, load in few.loads.items()},
        many={name: milliseconds(load.durations) for name, load in many.loads.items()},
    )


if __name__ == "__main__":
    main()
