"""An event loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
News = TypeVar("News")

_END: Any = object()


class BackgroundLoop:
    """Runs coroutines for other threads; starts with the first one.

    The thread is a daemon: a program that forgets to close its client still ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._closing: asyncio.Event

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """The result of a coroutine. When the caller is interrupted (Ctrl-C), the coroutine is cancelled."""
        future = self._start(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def run_reporting(
        self, start: Callable[[Callable[[News], None]], Coroutine[Any, Any, Value]], report: Callable[[News], None]
    ) -> Value:
        """The result of a coroutine that reports news: ``report`` is called with them in the caller's thread."""
        news: queue.SimpleQueue[News] = queue.SimpleQueue()
        future = self._start(start(news.put))
        future.add_done_callback(lambda _: news.put(_END))
        try:
            for item in iter(news.get, _END):
                report(item)
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, items: AsyncGenerator[Value, None]) -> Generator[Value, None, None]:
        """The items of an asynchronous generator; whoever stops early closes it."""
        steps = _Steps(items)
        try:
            while (item := self.run(steps.next())) is not _END:
                yield item
        finally:
            self.run(steps.close())

    def close(self) -> None:
        """Cancel what is running, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
            thread.join()

    def _start(self, work: Coroutine[Any, Any, Value]) -> Future[Value]:
        with self._lock:
            if self._thread is None:
                started = threading.Event()
                self._thread = threading.Thread(target=self._live, args=[started], name="oaas-client", daemon=True)
                self._thread.start()
                started.wait()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _live(self, started: threading.Event) -> None:
        async def wait_for_end() -> None:
            self._loop = asyncio.get_running_loop()
            self._closing = asyncio.Event()
            started.set()
            await self._closing.wait()

        asyncio.run(wait_for_end())


class _Steps(Generic[Value]):
    """Takes an asynchronous generator step by step; the next step waits until a cancelled one is over."""

    def __init__(self, items: AsyncGenerator[Value, None]) -> None:
        self._items = items
        self._lock = asyncio.Lock()

    async def next(self) -> Value:
        async with self._lock:
            return await anext(self._items, _END)

    async def close(self) -> None:
        async with self._lock:
            await self._items.aclose()
