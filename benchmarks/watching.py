"""How soon a thousand watchers hear of what they watch, while the engine runs at half of what it can.

First the maximum is measured: clients that submit and wait. Then each watcher follows the server-sent events of an
execution of its own that is not launched yet, and takes the next one when that has ended, some times over. These
executions are launched at even times among others that clients submit and wait for, so that together they are half the
maximum, whether or not the node keeps up. Every fifth stream is cut in the middle and resumed with ``Last-Event-ID``. A
delay goes from the ``modifiedAt`` that the event has from the server's clock to its arrival here, by the same clock;
events that came while nobody listened don't count, but must not be missing.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import uvloop
from command_line import CommandLine
from harness import Subject, warm_subject
from http11 import Connection, request
from loads import Operation, for_seconds
from report import at_least, at_most, milliseconds, publish
from submissions import PATH, noop_body, noop_clients, submitted

CLIENTS = 32
ROUNDS = 2
"""Executions that each watcher follows, on average."""
CUT_EACH = 5
CUT_AFTER = 2
"""Events that are read before the cut."""
LIMIT_MS = 250


class _Change(msgspec.Struct, rename="camel"):
    state: str
    modified_at: datetime


_decoder = msgspec.json.Decoder(_Change)


@dataclass
class Watch:
    """What is known of the execution that a watcher follows."""

    id: int
    seen: int = 0
    """Number of the newest event."""
    over: bool = False


@dataclass
class Audience:
    """Watchers, and what they have seen."""

    url: str
    unwatched: deque[int]
    watchers: int
    expected: int
    """Executions that will be launched."""
    launchable: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    """Executions with a watcher that has heard of their creation."""
    delays: list[float] = field(default_factory=list)
    """In seconds."""
    ended: int = 0
    resumed: int = 0
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once each watcher has an execution."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once all that is expected has been seen to its end."""

    async def watcher(self) -> None:
        """Watch one execution after the other, until cancelled."""
        while True:
            watch = Watch(self.unwatched.popleft())
            await self._follow(watch, cut=watch.id % CUT_EACH == 0)
            if not watch.over:
                self.resumed += 1
                await self._follow(watch, cut=False)
            assert watch.over, f"the events of execution {watch.id} end with number {watch.seen}"
            self.ended += 1
            if self.ended == self.expected:
                self.done.set()

    async def _follow(self, watch: Watch, *, cut: bool) -> None:
        """Read what comes after the newest event, to the end of the stream or to the cut."""
        connection = await Connection.open(self.url)
        try:
            newest = str(watch.seen) if watch.seen else None
            message = request("GET", f"{PATH}/{watch.id}/events", last_event_id=newest)
            status, lines = await connection.stream(message)
            assert status == 200, status
            listens = time.time()
            async for line in lines:
                if line.startswith(b"id: "):
                    assert int(line[4:]) == watch.seen + 1 and not watch.over, (watch, line)
                    watch.seen += 1
                elif line.startswith(b"data: "):
                    self._note(watch, _decoder.decode(line[6:]), listens)
                    if cut and watch.seen >= CUT_AFTER and not watch.over:
                        return
        finally:
            connection.close()

    def _note(self, watch: Watch, change: _Change, listens: float) -> None:
        changed = change.modified_at.timestamp()
        if changed > listens:
            self.delays.append(time.time() - changed)
        if change.state == "created":
            self.launchable.put_nowait(watch.id)
            if self.launchable.qsize() == self.watchers:
                self.complete.set()
        watch.over = change.state == "succeeded"


async def prepare(url: str, algorithm: int, count: int) -> deque[int]:
    """Executions that are not launched yet."""
    message = request("POST", PATH, noop_body(algorithm, launch=False))
    ids: deque[int] = deque()

    async def client() -> None:
        connection = await Connection.open(url)
        while len(ids) < count:
            ids.append((await submitted(connection, message, 201)).id)
        connection.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return ids


async def at_even_times(operations: Sequence[Operation], count: int, rate: float) -> float:
    """As many clients as operations do them, ``count`` times in all, ``rate`` times a second. Returns the kept rate."""
    began = time.perf_counter()
    ticks = iter(range(count))

    async def client(operation: Operation) -> None:
        for tick in ticks:
            # Late ticks are made up for: nobody waits for a node that is slow.
            await asyncio.sleep(began + tick / rate - time.perf_counter())
            await operation()

    await asyncio.gather(*map(client, operations))
    return count / (time.perf_counter() - began)


@asynccontextmanager
async def launchers(audience: Audience) -> AsyncIterator[list[Operation]]:
    """Clients with a connection each, that launch the next execution which has a watcher."""
    connections = [await Connection.open(audience.url) for _ in range(CLIENTS)]

    def client(connection: Connection) -> Operation:
        async def operation() -> None:
            id_ = await audience.launchable.get()
            await submitted(connection, request("POST", f"{PATH}/{id_}"), 202)

        return operation

    try:
        yield [client(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()


async def measure(node: Subject, watchers: int, seconds: float) -> tuple[float, float, Audience]:
    """The maximum, the rate that was kept, and what the watchers have seen."""
    algorithm = node.algorithm("noop")
    async with noop_clients(node.url, algorithm, CLIENTS) as clients:
        await for_seconds(clients, seconds / 4)
        maximum = (await for_seconds(clients, seconds / 2)).rate
        count = ROUNDS * watchers
        watched = min(count / seconds, maximum / 4)
        others = maximum / 2 - watched
        unwatched = await prepare(node.url, algorithm, count + watchers)
        audience = Audience(node.url, unwatched, watchers, count)
        async with (
            asyncio.timeout(60 + 4 * seconds),
            launchers(audience) as launches,
            asyncio.TaskGroup() as tasks,
        ):
            watching = [tasks.create_task(audience.watcher()) for _ in range(watchers)]
            await audience.complete.wait()
            kept = await asyncio.gather(
                at_even_times(launches, count, watched),
                at_even_times(clients, round(others * count / watched), others),
            )
            await audience.done.wait()
            for each in watching:
                each.cancel()
    return maximum, sum(kept), audience


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("watchers", 1_000, 20, "streams at the same time")
    line.size("seconds", 30.0, 1.0, "length of the measurement")
    arguments = line.parse()
    with warm_subject() as node:
        maximum, kept, audience = uvloop.run(measure(node, arguments.watchers, arguments.seconds))
    delays = milliseconds(audience.delays)
    publish(
        "watching",
        at_most(f"delivery to {arguments.watchers} watchers, p99", delays["p99"], LIMIT_MS, "ms"),
        at_least("executions/s, as a share of half the maximum", kept / (maximum / 2), 0.95),
        smoke=arguments.smoke,
        unit="ms",
        maximumPerSecond=round(maximum, 1),
        executions=audience.ended,
        resumed=audience.resumed,
        events=len(audience.delays),
        delivery=delays,
    )


if __name__ == "__main__":
    main()
