"""One worker process, as the server sees it."""

from __future__ import annotations

import asyncio
import mmap
import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from oaas_sdk.contract import FieldError
from oaas_sdk.server import family
from oaas_sdk.server.reaper import Exit, Reaper
from oaas_sdk.worker.messages import (
    Event,
    EventParser,
    Finished,
    Launch,
    Progressed,
    Ready,
    Rejected,
    Started,
    frame,
)

PIPE_BYTES = 64 * 1024
"""What a pipe holds: whoever has read this much has read all that was in it before."""


class Observer(Protocol):
    """Who wants to know what happens in a run."""

    def started(self, message: Started) -> None:
        """The input is valid, the algorithm starts."""
        ...

    def progressed(self, message: Progressed) -> None:
        """There is news."""
        ...

    def wrote(self, data: bytes) -> None:
        """The run wrote to stdout or stderr."""
        ...

    def ended(self, outcome: Finished | InputRejected | WorkerDied) -> None:
        """The worker is done with the run, or dead. All that the run wrote has been told before."""
        ...


class InputRejected(Exception):
    """The input does not fit the input type; there was no run."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("invalid input")
        self.errors = errors


class WorkerDied(Exception):
    """The process ended during a run, or before it took up the run."""

    def __init__(self, end: Exit, descendants_cpu_seconds: float) -> None:
        super().__init__(f"the worker process {end}")
        self.end = end
        self.cpu_seconds = end.cpu_seconds + descendants_cpu_seconds
        """CPU time of the process's whole life."""


class WorkerProcess:
    """A process that has imported the author's module, or is about to, and executes one run at a time.

    Args:
        target: what to import.
        reaper: starts the process.
        write_stray: gets what the process writes while it executes no run, for example why an import failed.
    """

    def __init__(self, target: str, reaper: Reaper, write_stray: Callable[[bytes], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._target = target
        self._reaper = reaper
        self._write_stray = write_stray
        self._token = secrets.token_hex(16)
        self._observer: Observer | None = None
        self._parser = EventParser()
        self._runs = 0
        self._killing: asyncio.Task[None] | None = None
        self._exit: Exit | None = None
        self._descendants_cpu_seconds = 0.0
        self.ready: asyncio.Future[Ready] = self._loop.create_future()
        self.gone: asyncio.Future[Exit] = self._loop.create_future()
        """Done when the process and everything it spawned are dead."""

    async def start(self) -> None:
        """Start the process; ``ready`` tells when it is warm.

        Raises:
            OSError: it cannot be started.
        """
        commands, self._commands_fd = os.pipe()
        self._events_fd, events = os.pipe()
        self._output_fd, output = os.pipe()
        with tempfile.TemporaryFile() as flag_file:
            flag_file.truncate(mmap.PAGESIZE)
            self._flag = mmap.mmap(flag_file.fileno(), mmap.PAGESIZE)
            fds = (commands, events, flag_file.fileno())
            try:
                self.pid = self._reaper.spawn(
                    [sys.executable, "-m", "oaas_sdk.worker", self._target, str(os.getpid()), *map(str, fds)],
                    environment={**os.environ, family.ENV_WORKER: self._token},
                    output=output,
                    pass_fds=fds,
                    on_exit=self._on_exit,
                )
            finally:
                for fd in (commands, events, output):
                    os.close(fd)
        os.set_blocking(self._events_fd, False)
        os.set_blocking(self._output_fd, False)
        self._loop.add_reader(self._events_fd, self._read_events)
        self._loop.add_reader(self._output_fd, self._read_output)
        self._commands, _ = await self._loop.connect_write_pipe(
            asyncio.BaseProtocol, os.fdopen(self._commands_fd, "wb", buffering=0)
        )

    @property
    def usable(self) -> bool:
        """Whether a run can be given to it, as far as is known: it may have died a moment ago."""
        return self._exit is None and self._killing is None and not self._commands.is_closing()

    def execute(self, algorithm_id: int, input: bytes, observer: Observer, *, interrupted: bool) -> None:
        """Let the process, which is usable and idle, execute a run; the observer is told of its end."""
        self._runs += 1
        self._flag[0] = interrupted
        self._observer = observer
        self._command(frame(Launch(run=self._runs, algorithm_id=algorithm_id, input=input)))

    def _command(self, data: bytes) -> None:
        """Write now what the pipe takes, so that the worker need not wait for a turn of the event loop."""
        written = 0
        if not self._commands.get_write_buffer_size():
            # If it is full, or the process is dead, the transport shall see to it.
            with suppress(BlockingIOError, BrokenPipeError):
                written = os.write(self._commands_fd, data)
        if written < len(data):
            self._commands.write(data[written:])

    def interrupt(self) -> None:
        """Let ``should_stop()`` be true in the current run."""
        self._flag[0] = 1

    async def kill(self) -> None:
        """Kill the process with everything it spawned; returns when all are dead."""
        if self._killing is None:
            self._killing = self._loop.create_task(self._kill())
        await asyncio.shield(self._killing)
        await asyncio.shield(self.gone)

    async def _kill(self) -> None:
        if self._observer is not None:
            self._descendants_cpu_seconds = await asyncio.to_thread(family.descendants_cpu_seconds, self.pid)
        if not self.gone.done():
            family.kill_group(self.pid)

    def cpu_seconds(self) -> float | None:
        """CPU time that the process has used up to now; None when it is gone."""
        return family.cpu_seconds(self.pid)

    def _read_events(self) -> int:
        try:
            data = os.read(self._events_fd, PIPE_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            self._loop.remove_reader(self._events_fd)
        for event in self._parser.feed(data):
            self._handle(event)
        return len(data)

    def _read_output(self) -> int:
        try:
            data = os.read(self._output_fd, PIPE_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            self._loop.remove_reader(self._output_fd)
        elif self._observer is not None:
            self._observer.wrote(data)
        else:
            self._write_stray(data)
        return len(data)

    def _drain_output(self) -> None:
        """Read what is in the pipe now; a descendant that writes on and on cannot hold us."""
        left = PIPE_BYTES
        while left > 0 and (count := self._read_output()):
            left -= count

    def _handle(self, event: Event) -> None:
        observer = self._observer
        if observer is None:
            if isinstance(event, Ready):
                self.ready.set_result(event)
            return
        match event:
            case Started():
                observer.started(event)
            case Finished():
                self._drain_output()
                self._end_run(observer, event)
            case Progressed(run=self._runs):
                observer.progressed(event)
            case Rejected():
                self._end_run(observer, InputRejected(event.errors))

    def _end_run(self, observer: Observer, outcome: Finished | InputRejected | WorkerDied) -> None:
        self._observer = None  # the observer may have another run for us at once
        observer.ended(outcome)

    def _on_exit(self, end: Exit) -> None:
        self._exit = end
        family.kill_group(self.pid)
        self._ending = self._loop.create_task(self._end(end))

    async def _end(self, end: Exit) -> None:
        await asyncio.to_thread(family.kill_marked, self._token)
        while self._read_events():
            pass  # it may have finished its run before it died
        self._drain_output()
        for fd in (self._events_fd, self._output_fd):
            self._loop.remove_reader(fd)
            os.close(fd)
        self._commands.close()
        if self._observer is not None:
            self._end_run(self._observer, WorkerDied(end, self._descendants_cpu_seconds))
        self.gone.set_result(end)
        if not self.ready.done():
            self.ready.cancel()
