"""From the launch of one run to its end, on a worker or, if that one is found dead, on a second one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from oaas_sdk.contract import ErrorType, RunError, Status
from oaas_sdk.server.memory import OomCounter
from oaas_sdk.server.pool import Pool
from oaas_sdk.server.reaper import signal_name
from oaas_sdk.server.run import Run
from oaas_sdk.server.worker import InputRejected, WorkerDied, WorkerProcess
from oaas_sdk.worker.messages import Finished, Progressed, Started


@dataclass(frozen=True)
class Failed:
    """The run ended without a report of its worker."""

    error: RunError
    worker_cpu_seconds: float | None
    """CPU time of the worker's whole life; None when the run had not started."""


class StoppedEarly:
    """The run had been stopped before there was a worker for it."""


Outcome: TypeAlias = Finished | InputRejected | Failed | StoppedEarly


class Execution:
    """Executes a run, and observes its worker meanwhile.

    It is driven by calls alone and needs no task, so that a short run costs little.

    Args:
        run: what is executed. Its end is not noted here, but told to ``on_end``.
        input: JSON document.
        pool: lends the worker.
        oom: tells whether a worker was killed for memory.
        on_progress: called when there is news of the run.
        on_time_limit: called when the run has taken too long.
        on_end: called once, when the worker has been given back.
    """

    def __init__(
        self,
        run: Run,
        input: bytes,
        pool: Pool,
        oom: OomCounter,
        *,
        on_progress: Callable[[Run], object],
        on_time_limit: Callable[[Run], object],
        on_end: Callable[[Run, Outcome], object],
    ) -> None:
        self._run = run
        self._input = input
        self._pool = pool
        self._oom = oom
        self._on_progress = on_progress
        self._on_time_limit = on_time_limit
        self._on_end = on_end
        self._kills_before = oom.baseline()
        self._timer: asyncio.TimerHandle | None = None
        self._again = False

    def begin(self) -> None:
        """Execute the run as soon as there is a worker. Never calls ``on_end`` before it returns, if there is one."""
        self._pool.lend(self._execute)

    def _execute(self, worker: WorkerProcess) -> None:
        run = self._run
        if run.final:
            self._pool.release(worker)
            self._on_end(run, StoppedEarly())
            return
        run.worker = worker
        if run.time_limit is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(run.time_limit, self._on_time_limit, run)
        worker.execute(run.algorithm_id, self._input, self, interrupted=run.interrupted)

    def started(self, message: Started) -> None:
        """The input is valid, the algorithm starts."""
        self._run.started(message)

    def progressed(self, message: Progressed) -> None:
        """There is news."""
        self._run.progressed(message)
        self._on_progress(self._run)

    def wrote(self, data: bytes) -> None:
        """The run wrote to stdout or stderr."""
        self._run.logs.append(data)

    def ended(self, outcome: Finished | InputRejected | WorkerDied) -> None:
        """The worker is done with the run, or dead."""
        run = self._run
        worker, run.worker = run.worker, None
        if self._timer is not None:
            self._timer.cancel()
        if worker is not None:
            self._pool.release(worker)
        if not isinstance(outcome, WorkerDied):
            self._on_end(run, outcome)
            return
        started = run.status is not Status.NOT_STARTED
        if started or self._again or run.kill_reason is not None:
            reason = run.kill_reason or self._cause(outcome)
            self._on_end(run, Failed(reason, outcome.cpu_seconds if started else None))
            return
        self._again = True  # it may have died while it was idle, and nobody had noticed yet
        self.begin()

    def _cause(self, death: WorkerDied) -> RunError:
        code = death.end.code
        if code == -signal.SIGKILL and self._oom.read() > self._kills_before:
            return RunError(type=ErrorType.OUT_OF_MEMORY, message="the run was killed because memory ran out")
        details = {"signal": -code, "signalName": signal_name(-code)} if code < 0 else {"exitCode": code}
        return RunError(type=ErrorType.WORKER_DIED, message=str(death), details=details)
