"""procrastinate, with its jobs in the PostgreSQL database that PEER_DSN names.

``procrastinate --app procrastinate_peer.app worker`` is the worker; ``main`` is the load: coroutines that defer a job
and wait until it has succeeded. procrastinate keeps no results, so one query asks for all jobs that are awaited, again
and again.
"""

from __future__ import annotations

import asyncio
import os
import time

from procrastinate import App, PsycopgConnector
from turns import CLIENTS, NUMBERS, TOTAL, tell, turns

LOOK_SECONDS = 0.003
"""Pause between two looks at the jobs that are awaited."""
_DONE = "SELECT id FROM procrastinate_jobs WHERE id = ANY(%(ids)s) AND status = 'succeeded'"

app = App(connector=PsycopgConnector(conninfo=os.environ["PEER_DSN"]))


async def add(numbers: list[float]) -> None:
    """The no-op."""
    assert sum(numbers) == TOTAL


noop = app.task(add, name="noop")


class Awaited:
    """The jobs that clients wait for."""

    def __init__(self) -> None:
        self._jobs: dict[int, asyncio.Future[None]] = {}

    async def run(self) -> None:
        """Defer a job and wait until it has succeeded."""
        job = await noop.defer_async(numbers=NUMBERS)
        self._jobs[job] = asyncio.get_running_loop().create_future()
        await self._jobs[job]

    async def look(self) -> None:
        """Wake those whose job has succeeded, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._jobs:
                for row in await app.connector.execute_query_all_async(_DONE, ids=list(self._jobs)):
                    self._jobs.pop(row["id"]).set_result(None)


async def _turn(awaited: Awaited, seconds: float) -> None:
    began = time.perf_counter()

    async def client() -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            await awaited.run()
            count += 1
        return count

    counts = await asyncio.gather(*(client() for _ in range(CLIENTS)))
    tell(sum(counts), time.perf_counter() - began)


async def _work() -> None:
    async with app.open_async():
        awaited = Awaited()
        looking = asyncio.create_task(awaited.look())
        told = turns()
        while (seconds := await asyncio.to_thread(next, told, None)) is not None:
            await _turn(awaited, seconds)
        looking.cancel()


def main() -> None:
    """Work whenever it is told to."""
    asyncio.run(_work())
