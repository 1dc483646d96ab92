"""Work that is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from oaasplatform.kit.flights import Flights


class Work:
    """Counts its beginnings and goes on until it is told to end."""

    def __init__(self) -> None:
        self.began = 0
        self.cancelled = 0
        self.end = asyncio.Event()
        self.say: Callable[[str], None] = lambda _: None

    async def __call__(self, say: Callable[[str], None]) -> int:
        self.began += 1
        self.say = say
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.began


async def _begun(*tasks: asyncio.Task[int]) -> None:
    """Let the tasks run until all of them wait."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_two_share_one_piece_of_work() -> None:
    flights, work = Flights[int](), Work()
    heard: list[str] = []
    first = asyncio.create_task(flights.join("a", work, heard.append))
    await _begun(first)
    work.say("one")
    second = asyncio.create_task(flights.join("a", work, heard.append))
    await _begun(first, second)
    work.say("two")
    work.end.set()
    assert await asyncio.gather(first, second) == [1, 1]
    assert heard == ["one", "one", "two", "two"]
    assert await flights.join("a", work) == 2, "what has ended is not shared"


async def test_other_keys_are_other_work() -> None:
    flights, work = Flights[int](), Work()
    tasks = [asyncio.create_task(flights.join(key, work)) for key in ("a", "b")]
    await _begun(*tasks)
    assert work.began == 2
    work.end.set()
    await asyncio.gather(*tasks)


async def test_who_leaves_does_not_end_it_for_others() -> None:
    flights, work = Flights[int](), Work()
    first, second = (asyncio.create_task(flights.join("a", work)) for _ in range(2))
    await _begun(first, second)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await _begun(second)
    work.end.set()
    assert (await second, work.cancelled) == (1, 0)


async def test_it_ends_with_the_last_who_waits() -> None:
    flights, work = Flights[int](), Work()
    only = asyncio.create_task(flights.join("a", work))
    await _begun(only)
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    assert work.cancelled == 1
    work.end.set()
    assert await flights.join("a", work) == 2


async def test_a_failure_is_everybodys() -> None:
    async def fail(_: Callable[[str], None]) -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    flights = Flights[int]()
    outcomes = await asyncio.gather(flights.join("a", fail), flights.join("a", fail), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no", "no"]
