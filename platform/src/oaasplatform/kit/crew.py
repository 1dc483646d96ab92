"""Several processes that do the same, kept running."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from oaasplatform.kit.backoff import delays

_END_SECONDS = 20.0
"""After so long a process that was told to end is killed."""
_SETTLED_SECONDS = 30.0
"""A process that ran so long is started again at once, others after growing rests."""

log = structlog.get_logger(__name__)


class NotReady(Exception):
    """A process ended; the message says which and why."""


class Crew:
    """So many processes with the same command.

    Each gets a parcel on standard input, which then stays open for as long as this process lives: its end says that
    nobody is there any more. Each writes a line when it is ready, or one that begins with ``!`` and says why it can't.
    """

    def __init__(self, command: Sequence[str], count: int, *, parcel: bytes, descriptors: Sequence[int]) -> None:
        """``descriptors``: files that the processes inherit, under the same numbers."""
        self._command = command
        self._count = count
        self._parcel = parcel
        self._descriptors = descriptors

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[list[bytes]]:
        """Gives the lines of all once they are ready; those that end are started again. They end with the context.

        Raises:
            NotReady
        """
        ready: list[asyncio.Future[bytes]] = [asyncio.get_running_loop().create_future() for _ in range(self._count)]
        keepers = [asyncio.create_task(self._keep(each), name="crew") for each in ready]
        try:
            yield list(await asyncio.gather(*ready))
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _keep(self, ready: asyncio.Future[bytes]) -> None:
        """Keep one process running; ``ready`` gets the line of the first, or why there is none."""
        rests = delays(first=0.1, most=10.0)
        while True:
            began = time.monotonic()
            try:
                await self._run(ready)
            except (OSError, NotReady) as error:
                if not ready.done():
                    ready.set_exception(NotReady(str(error)))
                    return
                log.warning("a process of the node has ended and is started again", reason=str(error))
            if time.monotonic() - began > _SETTLED_SECONDS:
                rests = delays(first=0.1, most=10.0)
            await asyncio.sleep(next(rests))

    async def _run(self, ready: asyncio.Future[bytes]) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, pass_fds=self._descriptors
        )
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(self._parcel)
            with suppress(ConnectionError):  # it has ended already, and says so below
                await process.stdin.drain()
            line = await process.stdout.readline()
            if line and not line.startswith(b"!") and not ready.done():
                ready.set_result(line)
            code = await process.wait()
            reason = line[1:].decode(errors="replace").strip() if line.startswith(b"!") else f"exit code {code}"
            raise NotReady(f"process {process.pid}: {reason}")
        finally:
            await _end(process)


async def _end(process: Process) -> None:
    """SIGTERM, and SIGKILL if that does not help."""
    for tell in (process.terminate, process.kill):
        with suppress(ProcessLookupError):
            tell()
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await process.wait()
                return
