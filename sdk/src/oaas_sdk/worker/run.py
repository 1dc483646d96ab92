"""The run that the worker executes, as the algorithm's calls see it."""

from __future__ import annotations

import threading
import time
from mmap import mmap

from oaas_sdk.contract import Incumbent, RunError
from oaas_sdk.worker.channel import Channel
from oaas_sdk.worker.host import cpu_seconds
from oaas_sdk.worker.messages import Finished, Progressed

INTERVAL = 0.02
"""Least time between two progress messages to the server, in seconds."""


class WorkerRun:
    """Keeps the newest progress and incumbent, and passes them on at a bounded rate.

    Args:
        channel: way to the server.
        flag: shared memory; the server sets its first byte to ask for the best solution found so far.
        number: number of the run in this worker.
    """

    def __init__(self, channel: Channel, flag: mmap, number: int) -> None:
        self._number = number
        self._channel = channel
        self._flag = flag
        self._fraction: float | None = None
        self._message: str | None = None
        self._incumbent: Incumbent | None = None
        self.cpu_before = cpu_seconds()
        """CPU time of the process before the run."""
        self._sent_at = 0.0
        self._timer: threading.Timer | None = None
        self._over = False

    @property
    def interrupted(self) -> bool:
        """Whether the best solution found so far was asked for."""
        return self._flag[0] != 0

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the run up to now."""
        return cpu_seconds() - self.cpu_before

    def report(self, *, fraction: float | None, message: str | None, incumbent: Incumbent | None) -> None:
        """Note what is not None and send it, at once or with what else comes within ``INTERVAL``."""
        if fraction is not None:
            self._fraction = fraction
        if message is not None:
            self._message = message
        if incumbent is not None:
            self._incumbent = incumbent
        if self._timer is not None or self._over:
            return
        if time.monotonic() - self._sent_at < INTERVAL or not self._send():
            self._timer = threading.Timer(INTERVAL, self._send_late)
            self._timer.daemon = True
            self._timer.start()

    def _send(self) -> bool:
        self._sent_at = time.monotonic()
        return self._channel.try_send(
            Progressed(
                run=self._number,
                fraction=self._fraction,
                message=self._message,
                incumbent=self._incumbent,
                cpu_seconds=self.cpu_seconds,
            )
        )

    def _send_late(self) -> None:
        self._timer = None
        if not self._over and not self._send():
            self.report(fraction=None, message=None, incumbent=None)

    def finish(self, *, output: bytes | None = None, error: RunError | None = None) -> None:
        """Send the end of the run; nothing that counts is sent after it."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        self._channel.send(
            Finished(
                fraction=self._fraction,
                message=self._message,
                incumbent=self._incumbent,
                cpu_seconds=self.cpu_seconds,
                output=output,
                error=error,
            )
        )
