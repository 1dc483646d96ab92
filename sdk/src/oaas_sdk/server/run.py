"""One run and all that is known about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from oaas_sdk.contract import MAX_INLINE_LOG_BYTES, Incumbent, LaunchRequest, RunError, Status, StatusMessage
from oaas_sdk.server.logs import LogBuffer
from oaas_sdk.server.worker import InputRejected, WorkerProcess
from oaas_sdk.worker.messages import Finished, Progressed, Started


class Run:
    """State of one run. It changes through the methods only, and never again once it is final."""

    def __init__(self, algorithm_id: int, request: LaunchRequest, max_log_bytes: int) -> None:
        self.execution_id = request.execution_id
        self.algorithm_id = algorithm_id
        self.callback_url = request.callback_url
        self.time_limit = request.maximum_running_time_in_seconds
        self.logs = LogBuffer(max_log_bytes)
        self.status = Status.NOT_STARTED
        self.sequence = 0
        self.output: bytes | None = None
        self.error: RunError | None = None
        self.worker: WorkerProcess | None = None
        """Who executes it, while it is executed."""
        self.kill_reason: RunError | None = None
        """Why the worker is about to be killed."""
        self.interrupted = False
        self.cpu_before = 0.0
        """CPU time of the worker before the run."""
        self.accepted = asyncio.Event()
        """Set when the input has been checked."""
        self.rejection: InputRejected | None = None
        """What was found wrong with the input, in which case the run is none."""
        self.final = False
        """Whether the run ended."""
        self.size = 0
        """Bytes of memory that the output and the log of a final run take."""
        self.finished = asyncio.Event()
        """Set when the run has ended, or its input was not valid."""
        self.changed = asyncio.Event()
        """Set when there is a new message; whoever delivers messages clears it."""
        self.answered = asyncio.Event()
        """Set when the launch was answered."""
        self.delivering = False
        """Whether somebody delivers messages."""
        self.delivered = False
        """Whether the final message has reached the node, or never will."""
        self._watchers: list[Callable[[], object]] = []
        self._fraction: float | None = None
        self._message: str | None = None
        self._incumbent: Incumbent | None = None
        self._cpu_seconds: float | None = None

    def message(self) -> StatusMessage:
        """The newest status message."""
        return StatusMessage(
            execution_id=self.execution_id,
            status=self.status,
            sequence=self.sequence,
            progress_message=self._message,
            progress_fraction=self._fraction,
            incumbent=self._incumbent,
            output=msgspec.UNSET if self.output is None else msgspec.Raw(self.output),
            error=self.error,
            cpu_time_in_seconds=self._cpu_seconds,
            log=self.logs.text(MAX_INLINE_LOG_BYTES) if self.final else None,
        )

    def watch(self, tell: Callable[[], object]) -> None:
        """Call ``tell`` when the input has been checked, and when the run ends."""
        self._watchers.append(tell)

    def started(self, message: Started) -> None:
        """The input is valid, the algorithm starts."""
        self.status = Status.RUNNING
        self.cpu_before = message.cpu_seconds
        self._change()
        self._accept()

    def reject(self, rejection: InputRejected) -> None:
        """The input is not valid."""
        self.rejection = rejection
        self.finished.set()
        self._accept()

    def progressed(self, message: Progressed) -> None:
        """There is progress or an incumbent."""
        if not self.final:
            self._note(message)
            self._change()

    def sample_cpu(self) -> None:
        """Look how much CPU time a running algorithm has used by now."""
        if self.worker is not None and (total := self.worker.cpu_seconds()) is not None:
            self._cpu_seconds = max(self._cpu_seconds or 0.0, total - self.cpu_before)

    def succeed_or_fail(self, message: Finished) -> None:
        """The worker reported the end."""
        self._note(message)
        self.finish(output=message.output, error=message.error)

    def fail(self, error: RunError, worker_cpu_seconds: float | None = None) -> None:
        """It ended without a report of the worker, which used so much CPU time in its whole life."""
        if worker_cpu_seconds is not None:
            self._cpu_seconds = max(self._cpu_seconds or 0.0, worker_cpu_seconds - self.cpu_before)
        self.finish(error=error)

    def finish(self, *, output: bytes | None = None, error: RunError | None = None) -> None:
        """Make the run final: a success unless there is an error. Only the first call counts."""
        if self.final:
            return
        self.status = Status.FINISHED if error is None else Status.FAILED
        self.output, self.error = output, error
        self.size = len(output or b"") + self.logs.size
        self.final = True
        self.finished.set()
        self._change()
        self._accept()

    def _note(self, message: Progressed | Finished) -> None:
        self._fraction, self._message, self._incumbent = message.fraction, message.message, message.incumbent
        self._cpu_seconds = message.cpu_seconds

    def _accept(self) -> None:
        self.accepted.set()
        for tell in self._watchers:
            tell()
        if self.final or self.rejection is not None:
            self._watchers.clear()  # a run may be kept for long, those who watched it need not be

    def _change(self) -> None:
        self.sequence += 1
        self.changed.set()
