"""Background tasks that don't get lost: kept until they end, and their failures logged."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Hashable
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class TaskSet:
    """Tasks of one owner, at most one for each key.

    ``expected`` failures are worth a line in the log; any other is a defect and worth its traceback.
    """

    def __init__(self, expected: tuple[type[Exception], ...] = ()) -> None:
        self._expected = expected
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def start(self, key: Hashable, work: Coroutine[Any, Any, None]) -> bool:
        """Run ``work`` in the background unless work with this key is under way; whether it was started."""
        if key in self._tasks:
            work.close()
            return False
        task = asyncio.create_task(work, name=str(key))
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))
        return True

    def __len__(self) -> int:
        return len(self._tasks)

    async def close(self) -> None:
        """Cancel what is under way and wait for it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _ended(self, key: Hashable, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, self._expected):
            log.warning("background work interrupted", work=task.get_name(), reason=str(error))
        else:
            log.error("background work failed", work=task.get_name(), exc_info=error)
