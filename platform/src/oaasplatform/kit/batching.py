"""Group commit: what comes while a batch is under way goes together into the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Collects items and handles them in batches. Alone, an item waits for nothing.

    One batch is under way at a time, so that batches grow with the load and not with a delay.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int,
        isolate: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> None:
        """``work`` gives a result for each item, in their order, or fails for all of them.

        ``most``: items in a batch. ``isolate``: failures that may be the fault of one item; the others are then handled
        one by one.
        """
        self._work = work
        self._most = most
        self._isolate = isolate
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """The result for one item, once its batch is done. Who stops waiting does not stop the batch."""
        return await self._put(item)

    async def do_all(self, items: Iterable[Item]) -> list[Result]:
        """The results for several items that come together. Raises the first failure, once it is known."""
        return await asyncio.gather(*map(self._put, items))

    def _put(self, item: Item) -> asyncio.Future[Result]:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="batcher")
        return future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._handle(batch)
        finally:
            self._task = None
            for _, future in self._waiting:
                future.cancel()

    async def _handle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except self._isolate as error:
            if len(batch) == 1:
                _settle(batch[0][1], error)
            else:
                for each in batch:
                    await self._handle([each])
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            for _, future in batch:
                _settle(future, error)
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)


def _settle(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
