"""The processes that a worker has spawned, wherever they went.

A worker leads a session and process group, which one signal reaches. Descendants may have left both, and have lost
their parent; they are known by an environment variable that they inherited.
"""

from __future__ import annotations

import contextlib
import os
import signal

import psutil  # type: ignore[import-untyped]

ENV_WORKER = "OAAS_WORKER_TOKEN"

_ROUNDS = 20
"""A process may spawn another while we look; after so many rounds it is doing that on purpose."""


def kill_group(pid: int) -> None:
    """Kill the process group that process ``pid`` leads."""
    # Gone already, or (macOS) nothing but zombies left in it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_marked(token: str) -> None:
    """Kill every process with ``token`` in its environment. Takes milliseconds: not for the event loop."""
    for _ in range(_ROUNDS):
        found = [
            process
            for process in psutil.process_iter(["environ"])
            if (process.info["environ"] or {}).get(ENV_WORKER) == token
        ]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):  # it ended by itself
                process.kill()


def cpu_seconds(pid: int) -> float | None:
    """CPU time of a process and its reaped children since it started; None when it is gone."""
    try:
        return float(sum(psutil.Process(pid).cpu_times()[:4]))
    except psutil.Error:
        return None


def descendants_cpu_seconds(pid: int) -> float:
    """CPU time of the living descendants of a process. Takes milliseconds: not for the event loop."""
    total = 0.0
    with contextlib.suppress(psutil.Error):  # the process ended by itself
        for child in psutil.Process(pid).children(recursive=True):
            total += cpu_seconds(child.pid) or 0.0
    return total
