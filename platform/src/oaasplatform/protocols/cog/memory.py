"""What the adapter remembers of runs. All of it may be lost: then a log is missing, or a run waited for longer."""

from __future__ import annotations

import time
from collections import OrderedDict

_MOST_RUNS = 10_000
_MOST_BYTES = 64 * 2**20


class Memory:
    """Newest logs of runs, and since when their server has not known them any more."""

    def __init__(self, *, max_log_bytes: int) -> None:
        self._max_log_bytes = max_log_bytes
        self._logs: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._gone: OrderedDict[str, float] = OrderedDict()

    def keep_log(self, run_id: str, text: str | None) -> None:
        """A log as it is now, unless a longer one is known: messages overtake each other."""
        log = (text or "").encode(errors="replace")[: self._max_log_bytes]
        if len(log) < len(self._logs.get(run_id, b"")):
            return
        self._drop_log(run_id)
        self._logs[run_id] = log
        self._bytes += len(log)
        while self._bytes > _MOST_BYTES or len(self._logs) > _MOST_RUNS:
            self._drop_log(next(iter(self._logs)))

    def log(self, run_id: str) -> bytes:
        """The newest log; empty if none is known."""
        return self._logs.get(run_id, b"")

    def gone_for(self, run_id: str) -> float:
        """Seconds since this was asked first, of a run that its server does not know any more."""
        first = self._gone.setdefault(run_id, time.monotonic())
        if len(self._gone) > _MOST_RUNS:
            self._gone.popitem(last=False)
        return time.monotonic() - first

    def forget(self, run_id: str) -> None:
        """Everything about a run."""
        self._drop_log(run_id)
        self._gone.pop(run_id, None)

    def _drop_log(self, run_id: str) -> None:
        self._bytes -= len(self._logs.pop(run_id, b""))
