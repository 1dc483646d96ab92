"""Memory of processes, as the kernel counts it."""

from __future__ import annotations

import re
from pathlib import Path

import psutil  # type: ignore[import-untyped]

MIB = 2**20


def resident(pid: int) -> int:
    """Bytes of a node in memory: its process and those it has started. The embedded PostgreSQL is none of them."""
    process = psutil.Process(pid)
    return sum(int(each.memory_info().rss) for each in (process, *process.children(recursive=True)))


def forget_peak(pid: int) -> None:
    """Let the highest resident size begin again at the present one."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """Highest resident size of the process in bytes, since it was forgotten."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
