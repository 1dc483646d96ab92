"""Group commit: what comes while a batch is under way goes together into the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from oaasplatform.kit.batching import Batcher


class Recorder:
    """Work that takes as long as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()

    async def work(self, items: Sequence[int]) -> list[int]:
        """Double each item; negative ones are at fault."""
        self.batches.append(list(items))
        await self.gate.wait()
        if any(item < 0 for item in items):
            raise ValueError(f"bad: {items}")
        return [2 * item for item in items]


async def test_batches_grow_while_one_is_under_way() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.work, most=10)
    first = asyncio.create_task(batcher.do(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(batcher.do(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    recorder.gate.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert recorder.batches == [[1], [2, 3, 4]]


async def test_no_batch_is_too_large() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batcher = Batcher(recorder.work, most=3)
    assert await asyncio.gather(*(batcher.do(n) for n in range(7))) == [2 * n for n in range(7)]
    assert max(map(len, recorder.batches)) == 3


async def test_several_at_once_have_their_results_in_order() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batcher = Batcher(recorder.work, most=3, isolate=ValueError)
    assert await batcher.do_all(range(5)) == [0, 2, 4, 6, 8]
    assert recorder.batches == [[0, 1, 2], [3, 4]]
    with pytest.raises(ValueError, match="bad: \\[-1\\]"):
        await batcher.do_all((1, -1))


async def test_the_fault_of_one_is_not_that_of_the_others() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batcher = Batcher(recorder.work, most=10, isolate=ValueError)
    results = await asyncio.gather(*(batcher.do(n) for n in (1, -2, 3)), return_exceptions=True)
    assert (results[0], results[2]) == (2, 6)
    assert str(results[1]) == "bad: [-2]"


async def test_a_failure_of_the_work_is_that_of_all() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batcher = Batcher(recorder.work, most=10)
    results = await asyncio.gather(*(batcher.do(n) for n in (1, -2, 3)), return_exceptions=True)
    assert [str(each) for each in results] == ["bad: [1, -2, 3]"] * 3
    assert await batcher.do(5) == 10


async def test_who_gives_up_does_not_stop_the_others() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.work, most=10)
    tasks = [asyncio.create_task(batcher.do(n)) for n in (1, 2)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    recorder.gate.set()
    assert await tasks[1] == 4
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
