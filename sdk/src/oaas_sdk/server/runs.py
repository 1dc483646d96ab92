"""All runs of an instance: launch, look up, interrupt, stop, forget."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from oaas_sdk.contract import ErrorType, LaunchRequest, RunError
from oaas_sdk.server.callbacks import Callbacks
from oaas_sdk.server.execution import Execution, Failed, Outcome
from oaas_sdk.server.memory import OomCounter
from oaas_sdk.server.pool import Pool
from oaas_sdk.server.run import Run
from oaas_sdk.server.settings import Settings
from oaas_sdk.server.worker import InputRejected
from oaas_sdk.worker.messages import Finished

MAX_KEPT_RUNS = 1000
"""Finished runs that are kept for those who ask later."""


class NoFreeSlot(Exception):
    """As many runs as there may be are under way."""


class ExecutionIdTaken(Exception):
    """The execution id belongs to a run of another algorithm."""


class Launcher(Protocol):
    """Somebody with runs to launch, who waits for free slots."""

    def launch_next(self) -> bool:
        """Launch one run; False if there is none that could be launched at the moment. The line stays as it is."""
        ...


class Runs:
    """Executes runs on a pool, and keeps the finished ones for a while.

    Args:
        pool: warm workers; its ``concurrency`` bounds the runs under way.
        callbacks: delivers status messages.
        settings: limits.
    """

    def __init__(self, pool: Pool, callbacks: Callbacks, settings: Settings) -> None:
        self._pool = pool
        self._callbacks = callbacks
        self._settings = settings
        self._oom = OomCounter()
        self._runs: dict[str, Run] = {}
        self._finished: dict[str, Run] = {}
        """The finished ones of them, oldest first."""
        self._kept_bytes = 0
        self._under_way = 0
        self._launchers: list[Launcher] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, execution_id: str) -> Run | None:
        """The run with this id, if it is known (still)."""
        return self._runs.get(execution_id)

    def launch(self, algorithm_id: int, request: LaunchRequest) -> Run:
        """Launch a run, or find the one with the same id. ``accepted`` tells when its input has been checked.

        Whoever launches says with :meth:`answered` when the caller knows of it.

        Raises:
            NoFreeSlot: try again when a run has ended.
            ExecutionIdTaken: the id belongs to a run of another algorithm.
        """
        run = self._runs.get(request.execution_id)
        if run is None:
            if not self.has_free_slot:
                raise NoFreeSlot
            run = Run(algorithm_id, request, self._settings.max_log_bytes)
            self._runs[run.execution_id] = run
            self._under_way += 1
            Execution(
                run,
                bytes(request.input),
                self._pool,
                self._oom,
                on_progress=self._deliver,
                on_time_limit=self._on_time_limit,
                on_end=self._end,
            ).begin()
        elif run.algorithm_id != algorithm_id:
            raise ExecutionIdTaken
        return run

    @property
    def has_free_slot(self) -> bool:
        """Whether a run can be launched now."""
        return self._under_way < self._pool.concurrency

    def line_up(self, launcher: Launcher) -> None:
        """Let a launcher launch runs, one whenever a slot is free, until it has none left. First come, first served."""
        self._launchers.append(launcher)
        self.use_free_slots()

    def leave_line(self, launcher: Launcher) -> None:
        """Do not ask a launcher any more."""
        if launcher in self._launchers:
            self._launchers.remove(launcher)

    def use_free_slots(self) -> None:
        """Let those in the line launch what they can."""
        while self._launchers and self.has_free_slot:
            for launcher in self._launchers:
                if launcher.launch_next():
                    break
            else:
                return

    def answered(self, run: Run, *, delivered: bool) -> None:
        """The launch of a run was answered, with the run's end if ``delivered``: else it has to be called back."""
        run.answered.set()
        if delivered:
            run.delivered = True
        else:
            self._deliver(run)

    def interrupt(self, run: Run) -> None:
        """Let ``should_stop()`` be true in the run."""
        run.interrupted = True
        if run.worker is not None:
            run.worker.interrupt()

    async def stop(self, run: Run) -> None:
        """Kill the run with everything it spawned; returns when all of it is dead."""
        if not run.final:
            await self._kill(run, RunError(type=ErrorType.STOPPED, message="the run was stopped"))
            await run.finished.wait()

    def forget(self, run: Run) -> None:
        """Forget a finished run with its log; its final message is not delivered any more."""
        run.delivered = True
        run.changed.set()
        self._runs.pop(run.execution_id, None)
        if self._finished.pop(run.execution_id, None) is not None:
            self._kept_bytes -= run.size

    async def close(self) -> None:
        """Leave everything as it is: the runs end with the pool, and no message is sent about that."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end(self, run: Run, outcome: Outcome) -> None:
        self._under_way -= 1
        self.use_free_slots()  # first of all: meanwhile the worker has something to do
        match outcome:
            case InputRejected():
                self.forget(run)
                run.reject(outcome)
            case Finished():
                run.succeed_or_fail(outcome)
            case Failed():
                run.fail(outcome.error, outcome.worker_cpu_seconds)
        if run.final and self._runs.get(run.execution_id) is run:
            self._keep(run)

    def _deliver(self, run: Run) -> None:
        """Call back about a run, if that is wanted and not done yet."""
        if run.callback_url is not None and not run.delivering and not run.delivered:
            run.delivering = True
            self._background(self._callbacks.deliver(run, run.callback_url))

    def _on_time_limit(self, run: Run) -> None:
        text = f"the run exceeded its time limit of {run.time_limit:g} s"
        self._background(self._kill(run, RunError(type=ErrorType.TIME_LIMIT, message=text)))

    async def _kill(self, run: Run, reason: RunError) -> None:
        run.kill_reason = run.kill_reason or reason
        if run.worker is not None:
            await run.worker.kill()
        else:
            run.finish(error=reason)

    def _keep(self, run: Run) -> None:
        """Keep a finished run, and drop old ones whose final message is delivered when there are too many."""
        self._finished[run.execution_id] = run
        self._kept_bytes += run.size
        while len(self._finished) > MAX_KEPT_RUNS or self._kept_bytes > self._settings.max_kept_bytes:
            old = next((old for old in self._finished.values() if old is not run and self._is_delivered(old)), None)
            if old is None:
                break
            self.forget(old)

    def _is_delivered(self, run: Run) -> bool:
        return run.delivered or run.callback_url is None

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
