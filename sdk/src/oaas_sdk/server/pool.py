"""Warm workers: as many as runs may be executed at the same time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from oaas_sdk.backoff import delay
from oaas_sdk.contract import AlgorithmDescriptor
from oaas_sdk.server.reaper import Reaper
from oaas_sdk.server.worker import WorkerProcess
from oaas_sdk.worker.messages import Ready

log = logging.getLogger(__name__)

MAX_FAILURES = 5
"""Replacements that may die in a row before they are warm; after that the instance is beyond help."""


class PoolBroken(Exception):
    """Workers cannot import the author's module; the log says why."""


class Pool:
    """Keeps ``concurrency`` workers warm, and replaces those that die.

    Args:
        target: what the workers import.
        concurrency: number of workers.
        write_stray: gets what workers write while they execute no run.
    """

    def __init__(self, target: str, concurrency: int, write_stray: Callable[[bytes], object]) -> None:
        self.concurrency = concurrency
        self.name = ""
        self.version = ""
        self.algorithms: dict[int, AlgorithmDescriptor] = {}
        """What the repository serves; filled when the pool is warm."""
        self.warm = False
        """Whether all workers have been ready once."""
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Gets a :class:`PoolBroken` when there is no hope."""
        self._target = target
        self._write_stray = write_stray
        self._reaper = Reaper()
        self._workers: set[WorkerProcess] = set()
        self._first: list[WorkerProcess] = []
        self._idle: deque[WorkerProcess] = deque()
        self._borrowers: deque[Callable[[WorkerProcess], object]] = deque()
        self._tasks: list[asyncio.Task[None]] = []

    async def spawn(self) -> None:
        """Start the workers.

        Raises:
            OSError: that is not possible.
        """
        self._first = [await self._spawn() for _ in range(self.concurrency)]

    async def warm_up(self) -> None:
        """Wait until all workers are warm; from now on they are replaced when they die.

        Raises:
            PoolBroken: one of them did not get warm.
        """
        for ready in await asyncio.gather(*(self._warm_up(worker) for worker in self._first)):
            self.name, self.version = ready.name, ready.version
            self.algorithms = {algorithm.algorithm_id: algorithm for algorithm in ready.algorithms}
        self.warm = True
        self._tasks = [asyncio.create_task(self._keep(worker)) for worker in self._first]

    def lend(self, use: Callable[[WorkerProcess], object]) -> None:
        """Call ``use`` with a warm worker: now, or when one gets free or warm."""
        while self._idle:
            worker = self._idle.popleft()
            if worker.usable:  # those that died while they were idle are replaced by others
                use(worker)
                return
        self._borrowers.append(use)

    def release(self, worker: WorkerProcess) -> None:
        """Give a worker back, dead or alive."""
        if worker.usable and self._borrowers:
            self._borrowers.popleft()(worker)
        elif worker.usable:
            self._idle.append(worker)

    async def close(self) -> None:
        """Kill all workers with everything they spawned."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(worker.kill() for worker in self._workers))

    async def _spawn(self) -> WorkerProcess:
        worker = WorkerProcess(self._target, self._reaper, self._write_stray)
        await worker.start()
        self._workers.add(worker)
        worker.gone.add_done_callback(lambda _: self._workers.discard(worker))
        return worker

    async def _warm_up(self, worker: WorkerProcess) -> Ready:
        await asyncio.wait([worker.ready])
        if worker.ready.cancelled():
            raise PoolBroken(f"a worker {worker.gone.result()} before it was ready")
        self.release(worker)
        return worker.ready.result()

    async def _keep(self, worker: WorkerProcess) -> None:
        """Replace the worker whenever it dies."""
        failures = 0
        while not self.broken.done():
            end = await asyncio.shield(worker.gone)
            log.warning("a worker %s; starting another one", end)
            try:
                worker = await self._spawn()
                await self._warm_up(worker)
                failures = 0
            except (OSError, PoolBroken) as error:
                failures += 1
                log.error("cannot replace a worker (failure %d): %s", failures, error)  # noqa: TRY400 - expected
                if failures >= MAX_FAILURES and not self.broken.done():
                    self.broken.set_exception(PoolBroken(str(error)))
                await asyncio.sleep(delay(failures))
