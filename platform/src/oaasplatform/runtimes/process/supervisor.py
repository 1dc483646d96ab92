"""The parent of one unit: starts it, keeps its log, and writes down how it ended. Outlives the node.

Run as a script (``python -I -S supervisor.py DIRECTORY``) with nothing but the standard library, so that it is small
and independent of the node's environment. It prints ``ok`` once the unit runs, ``taken`` when the directory has had a
supervisor before, or else what went wrong; a daemon is left behind only in the first case.

Files in the directory: ``launch.json`` (read) says what to run; ``supervisor`` holds the daemon's process id and is
locked for as long as the daemon lives, whatever ends it; ``log`` and ``log.1`` hold the output; ``exit.json`` says how
the unit ended. Signals: SIGTERM is passed on to the unit, SIGUSR1 kills it and all its descendants.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"


def main(directory: Path) -> str:
    """Leave a daemon behind and return its message."""
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        with os.fdopen(read_end, encoding="utf-8") as messages:
            return messages.read()
    os.close(read_end)
    os.setsid()
    _redirect(directory / "supervisor.err")
    # Whatever the node's event loop left open to its children: it would wait for us as long as we hold it.
    os.closerange(3, write_end)
    os.closerange(write_end + 1, os.sysconf("SC_OPEN_MAX"))
    with os.fdopen(write_end, "w", encoding="utf-8") as message:
        supervisor = Supervisor(directory)
        try:
            message.write("ok" if supervisor.begin() else "taken")
        except OSError as error:
            message.write(str(error))
    if supervisor.child is not None:
        supervisor.watch()
    os._exit(0)


class Supervisor:
    """Of the unit in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._libc = ctypes.CDLL(None) if _LINUX else None
        self._terminate = self._kill = False
        self.child: subprocess.Popen[bytes] | None = None

    def begin(self) -> bool:
        """Claim the directory and start the unit; whether there was none before.

        Raises:
            OSError: it can't be started.
        """
        launch: dict[str, Any] = json.loads((self._directory / "launch.json").read_text(encoding="utf-8"))
        self._log = Log(self._directory, launch["logBytes"])
        self._wakeup, wakeup_end = socket.socketpair()
        for end in (self._wakeup, wakeup_end):
            end.setblocking(False)
        self._wakeup_end = wakeup_end
        signal.set_wakeup_fd(wakeup_end.fileno(), warn_on_full_buffer=False)
        # Handlers and no SIG_IGN anywhere: what is ignored stays ignored in the unit.
        for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGUSR1, self._on_kill)
        if not self._claim():
            return False
        if self._libc is not None:
            # Descendants that lose their parent become children of this process, so that none can slip away.
            self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.child = subprocess.Popen(
            launch["command"],
            cwd=launch["directory"],
            env=launch["environment"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=self._die_with_parent,  # safe: there is one thread
        )
        return True

    def watch(self) -> None:
        """Keep the log until the unit and all its descendants have ended, and write down how it did."""
        assert self.child is not None and self.child.stdout is not None
        output = self.child.stdout.fileno()
        os.set_blocking(output, False)
        exit_code: int | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakeup, selectors.EVENT_READ)
            selector.register(output, selectors.EVENT_READ)
            while True:
                # Signals that came before are in the socket, so that none is missed.
                ready = [key.fileobj for key, _ in selector.select()]
                if self._wakeup in ready:
                    self._wakeup.recv(4096)
                if output in ready and not self._log.take(output):
                    selector.unregister(output)
                if self._terminate and exit_code is None:
                    self._terminate = False
                    self.child.send_signal(signal.SIGTERM)
                if self._kill or exit_code is not None:
                    self._kill = False
                    self._kill_descendants()
                exit_code, left = self._reap(exit_code)
                if exit_code is not None:
                    if not left:
                        break
                    self._kill_descendants()
        self._log.take(output)
        _write_atomically(self._directory / "exit.json", {"exitCode": exit_code, "finishedAt": time.time()})

    def _claim(self) -> bool:
        """Make the file ``supervisor``, locked from its first moment; False when there is one already."""
        mine = self._directory / f".supervisor-{os.getpid()}"
        self._lock = mine.open("w", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        try:
            os.link(mine, self._directory / "supervisor")
        except FileExistsError:
            return False
        finally:
            mine.unlink()
        return True

    def _reap(self, exit_code: int | None) -> tuple[int | None, bool]:
        """Collect the dead. Returns the unit's exit code, as a shell would say it, and whether somebody lives."""
        assert self.child is not None
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return exit_code, False
            if pid == 0:
                return exit_code, True
            if pid == self.child.pid:
                code = os.waitstatus_to_exitcode(status)
                exit_code = self.child.returncode = code if code >= 0 else 128 - code

    def _kill_descendants(self) -> None:
        assert self.child is not None
        if not _LINUX:
            _kill(-self.child.pid)
            return
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                # The parent is the second word after the name, which stands in parentheses and may hold anything.
                parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            except OSError:  # it ended while we looked
                continue
            children.setdefault(parent, []).append(int(stat.parent.name))
        pending = [os.getpid()]
        while pending:
            found = children.get(pending.pop(), [])
            for pid in found:
                _kill(pid)
            pending += found

    def _die_with_parent(self) -> None:
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def _on_terminate(self, *_: object) -> None:
        self._terminate = True

    def _on_kill(self, *_: object) -> None:
        self._kill = True


class Log:
    """Two files, of which the older is dropped when the newer is full."""

    def __init__(self, directory: Path, most: int) -> None:
        self._path = directory / "log"
        self._older = directory / "log.1"
        self._half = most // 2
        self._file = self._path.open("ab", buffering=0)

    def take(self, output: int) -> bool:
        """Append what can be read without waiting; False at the end of the output."""
        while True:
            try:
                data = os.read(output, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            if self._file.tell() + len(data) > self._half:
                self._file.close()
                self._path.replace(self._older)
                self._file = self._path.open("ab", buffering=0)
            self._file.write(data)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _redirect(errors: Path) -> None:
    """Give up the terminal and the pipes of the node; a defect of this program is written to a file."""
    null = os.open(os.devnull, os.O_RDWR)
    target = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, number in ((null, 0), (null, 1), (target, 2)):
        os.dup2(source, number)
    os.close(null)
    os.close(target)


def _write_atomically(path: Path, document: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    print(main(Path(sys.argv[1])), end="")  # noqa: T201 - the node reads it
