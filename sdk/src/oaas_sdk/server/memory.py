"""Did the kernel kill something of ours because memory ran out?"""

from __future__ import annotations

import os
import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_MAX_BYTES = 4096
"""The files have a handful of short lines."""
_FRESH = 1.0
"""Seconds for which a count is new enough to compare with later ones."""


def _candidates() -> list[Path]:
    """Files that may hold the counter: of our own control group, or, as in a container, of the visible root."""
    found = [_ROOT / "memory.events", _ROOT / "memory" / "memory.oom_control"]
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.insert(0, _ROOT / path.lstrip("/") / "memory.events")
        elif "memory" in controllers.split(","):
            found.insert(0, _ROOT / "memory" / path.lstrip("/") / "memory.oom_control")
    return found


class OomCounter:
    """Counts the processes of our control group (version 1 or 2) that were killed for memory."""

    def __init__(self, candidates: list[Path] | None = None) -> None:
        paths = _candidates() if candidates is None else candidates
        self._file = next((file for path in paths if (file := _open(path)) is not None), None)
        self._count = 0
        self._read_at = -_FRESH

    def baseline(self) -> int:
        """The count of now or of a second ago at most: reading costs more than a short run."""
        now = time.monotonic()
        if now - self._read_at >= _FRESH:
            self._count, self._read_at = self.read(), now
        return self._count

    def read(self) -> int:
        """The count since the control group exists; always 0 where there is none."""
        return (_read(self._file) or 0) if self._file is not None else 0


def _open(path: Path) -> int | None:
    """A descriptor of a file, if that has the counter. It stays open, because it is read often."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    if _read(file) is not None:
        return file
    os.close(file)
    return None


def _read(file: int) -> int | None:
    try:
        data = os.pread(file, _MAX_BYTES, 0)
    except OSError:
        return None
    for line in data.splitlines():
        name, _, value = line.partition(b" ")
        if name == b"oom_kill":
            return int(value)
    return None
