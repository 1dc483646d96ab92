"""Child processes: start them, and learn when and how they ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Exit:
    """How a process ended."""

    code: int
    """Exit code, or minus the number of the signal that killed it."""
    cpu_seconds: float
    """User and system time of its life, its reaped children included."""

    def __str__(self) -> str:
        if self.code >= 0:
            return f"ended with exit code {self.code}"
        return f"was killed by signal {-self.code} ({signal_name(-self.code)})"


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


class Reaper:
    """Waits, in one thread, for every child of this process.

    As process 1 of a container the server is also given the orphans of algorithms; waiting for any child, and not for
    certain ones, leaves no zombies. Nothing else in this process may wait for children.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._children: dict[int, tuple[subprocess.Popen[bytes], Callable[[Exit], None]]] = {}
        self._spawned = threading.Event()
        threading.Thread(target=self._wait, name="reaper", daemon=True).start()

    def spawn(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        output: int,
        pass_fds: Sequence[int],
        on_exit: Callable[[Exit], None],
    ) -> int:
        """Start a process in a session of its own, its stdout and stderr at descriptor ``output``; give its pid.

        ``on_exit`` is called in the event loop.

        Raises:
            OSError: it cannot be started.
        """
        with self._lock:  # so that the thread cannot see the end of a child that is not registered yet
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=pass_fds,
                start_new_session=True,
            )
            self._children[process.pid] = (process, on_exit)
        self._spawned.set()
        return process.pid

    def _wait(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                self._spawned.wait()
                self._spawned.clear()
                continue
            with self._lock:
                process, on_exit = self._children.pop(pid, (None, None))
            if process is None or on_exit is None:
                continue  # an orphan
            code = os.waitstatus_to_exitcode(status)
            process.returncode = code  # or Popen would wait for it, too
            end = Exit(code=code, cpu_seconds=usage.ru_utime + usage.ru_stime)
            if self._loop.is_closed():
                return
            self._loop.call_soon_threadsafe(on_exit, end)
