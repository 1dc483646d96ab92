"""Loads: clients that each do one thing after the other until the time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Operation = Callable[[], Awaitable[object]]
"""One thing a client does; it raises if the answer is wrong."""


@dataclass
class Load:
    """What clients have done."""

    count: int = 0
    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)
    """Of each operation, in seconds, where they were measured one by one."""

    @property
    def rate(self) -> float:
        """Operations in a second."""
        return self.count / self.seconds

    def add(self, other: Load) -> None:
        """Take in the next slice."""
        self.count += other.count
        self.seconds += other.seconds
        self.durations += other.durations


async def times(operation: Operation, count: int) -> Load:
    """One client does it ``count`` times."""
    load = Load()
    began = time.perf_counter()
    for _ in range(count):
        before = time.perf_counter()
        await operation()
        load.durations.append(time.perf_counter() - before)
    load.count = len(load.durations)
    load.seconds = time.perf_counter() - began
    return load


async def for_seconds(operations: Sequence[Operation], seconds: float) -> Load:
    """As many clients as operations do them until the time is up. What was begun is ended, and counted."""
    end = time.perf_counter() + seconds
    return await _while(operations, lambda: time.perf_counter() < end)


async def until_done(operations: Sequence[Operation], task: asyncio.Task[None]) -> Load:
    """The same until the task is done. Raises what the task raises."""
    load = await _while(operations, lambda: not task.done())
    await task
    return load


async def _while(operations: Sequence[Operation], going: Callable[[], bool]) -> Load:
    load = Load()
    began = time.perf_counter()

    async def client(operation: Operation) -> None:
        while going():
            before = time.perf_counter()
            await operation()
            load.durations.append(time.perf_counter() - before)

    await asyncio.gather(*map(client, operations))
    load.count = len(load.durations)
    load.seconds = time.perf_counter() - began
    return load
