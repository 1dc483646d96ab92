"""Did the kernel kill something of ours because memory ran out?"""

from __future__ import annotations

from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


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
        self._path = next((path for path in paths if _read(path) is not None), None)

    def read(self) -> int:
        """The count since the control group exists; always 0 where there is none."""
        return (_read(self._path) or 0) if self._path else 0


def _read(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == "oom_kill":
            return int(value)
    return None
