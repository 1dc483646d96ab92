"""What a worker arranges with the operating system, where there is something to arrange."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_IOLBF = 1


def cpu_seconds() -> float:
    """User and system time of this process and its reaped children since it started, in seconds."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def die_with_parent(parent: int) -> None:
    """Be killed when the server dies, however it dies (Linux; elsewhere an idle worker sees its pipe close)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it died before we asked


def prefer_for_oom_kill() -> None:
    """When memory runs out, let the kernel kill this process and not the server, which can tell about it."""
    # There is no such file outside Linux, and a sandbox may forbid it: the kernel then chooses by size.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def line_buffer_output() -> Callable[[], None]:
    """Write lines of Python and of native code to the log as they come. The result flushes all that is buffered."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    libc = ctypes.CDLL(None)
    if sys.platform == "linux":
        libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, _IOLBF, 0)

    def flush() -> None:
        for stream in (sys.stdout, sys.stderr):
            # An algorithm may have closed or replaced its own; its run is none the worse for it.
            with contextlib.suppress(ValueError, OSError, AttributeError):
                stream.flush()
        libc.fflush(None)

    return flush
