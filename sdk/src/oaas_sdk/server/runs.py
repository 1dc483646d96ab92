"""All runs of an instance: launch, look up, interrupt, stop, forget."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine
from typing import Any

from oaas_sdk.contract import ErrorType, LaunchRequest, RunError, Status
from oaas_sdk.server.callbacks import Callbacks
from oaas_sdk.server.memory import OomCounter
from oaas_sdk.server.pool import Pool
from oaas_sdk.server.reaper import signal_name
from oaas_sdk.server.run import Run
from oaas_sdk.server.settings import Settings
from oaas_sdk.server.worker import InputRejected, WorkerDied

log = logging.getLogger(__name__)

MAX_KEPT_RUNS = 1000
"""Finished runs that are kept for those who ask later."""


class NoFreeSlot(Exception):
    """As many runs as there may be are under way."""


class ExecutionIdTaken(Exception):
    """The execution id belongs to a run of another algorithm."""


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
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, execution_id: str) -> Run | None:
        """The run with this id, if it is known (still)."""
        return self._runs.get(execution_id)

    async def launch(self, algorithm_id: int, request: LaunchRequest) -> Run:
        """Launch a run, or find the one with the same id; returns when its input has been checked.

        Raises:
            InputRejected: the input does not fit the algorithm; the run is forgotten.
            NoFreeSlot: try again when a run has ended.
            ExecutionIdTaken: the id belongs to a run of another algorithm.
        """
        run = self._runs.get(request.execution_id)
        if run is None:
            if self._under_way >= self._pool.concurrency:
                raise NoFreeSlot
            run = Run(algorithm_id, request, self._settings.max_log_bytes)
            self._runs[run.execution_id] = run
            self._under_way += 1
            self._background(self._execute(run, bytes(request.input)))
        elif run.algorithm_id != algorithm_id:
            raise ExecutionIdTaken
        await asyncio.shield(run.accepted)
        return run

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

    async def _execute(self, run: Run, input: bytes) -> None:
        try:
            await self._execute_on_workers(run, input)
        except InputRejected as rejected:
            self.forget(run)
            if not run.accepted.done():
                run.accepted.set_exception(rejected)
                run.accepted.exception()  # the client may be gone, and then nobody looks at it
        except Exception:
            log.exception("execution %s: the server failed", run.execution_id)
            run.fail(RunError(type=ErrorType.INTERNAL, message="the instance failed; its log says why"))
        finally:
            self._under_way -= 1
        if run.final and self._runs.get(run.execution_id) is run:
            self._keep(run)

    async def _execute_on_workers(self, run: Run, input: bytes) -> None:
        """Execute a run to its end, on a second worker if the first one dies before the algorithm starts.

        It may have died while it was idle, and nobody had noticed yet.
        """
        kills_before = self._oom.read()
        if run.callback_url is not None:
            self._background(self._callbacks.deliver(run, run.callback_url))
        for last in (False, True):
            try:
                await self._execute_on_worker(run, input)
            except WorkerDied as death:
                started = run.status is not Status.NOT_STARTED
                if started or last or run.kill_reason is not None:
                    reason = run.kill_reason or self._cause(death, kills_before)
                    run.fail(reason, death.cpu_seconds if started else None)
                    return
            else:
                return

    async def _execute_on_worker(self, run: Run, input: bytes) -> None:
        worker = await self._pool.acquire()
        timer: asyncio.TimerHandle | None = None
        try:
            if run.final:  # it was stopped while it waited
                return
            run.worker = worker
            if run.time_limit is not None:
                timer = asyncio.get_running_loop().call_later(run.time_limit, self._on_time_limit, run)
            finished = await worker.execute(run.algorithm_id, input, run, interrupted=run.interrupted)
            run.succeed_or_fail(finished)
        finally:
            if timer is not None:
                timer.cancel()
            run.worker = None
            self._pool.release(worker)

    def _on_time_limit(self, run: Run) -> None:
        text = f"the run exceeded its time limit of {run.time_limit:g} s"
        self._background(self._kill(run, RunError(type=ErrorType.TIME_LIMIT, message=text)))

    async def _kill(self, run: Run, reason: RunError) -> None:
        run.kill_reason = run.kill_reason or reason
        if run.worker is not None:
            await run.worker.kill()
        else:
            run.finish(error=reason)

    def _cause(self, death: WorkerDied, kills_before: int) -> RunError:
        code = death.end.code
        if code == -signal.SIGKILL and self._oom.read() > kills_before:
            return RunError(type=ErrorType.OUT_OF_MEMORY, message="the run was killed because memory ran out")
        details = {"signal": -code, "signalName": signal_name(-code)} if code < 0 else {"exitCode": code}
        return RunError(type=ErrorType.WORKER_DIED, message=str(death), details=details)

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
