"""A connection between two programs that a test can cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Line:
    """A TCP proxy before an address. What has been cut is silent, as a network is: nothing is refused or closed."""

    def __init__(self, url: str) -> None:
        """``url``: of the program behind it."""
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 0)
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.loses: bytes | None = None
        """Connections break instead of answering requests that begin like this."""
        self.url = ""

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Cut off everything for good."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Nothing passes from now on."""
        self._passes.clear()

    def mend(self) -> None:
        """What was held up passes, and everything that comes."""
        self._passes.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._passes.wait()
            there, back = await asyncio.open_connection(*self._target)
            lost = asyncio.Event()
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._ask(reader, back, lost))
                    ways.create_task(self._answer(there, writer, lost))
            finally:
                back.close()
        except* (OSError, asyncio.IncompleteReadError, EOFError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        async for piece in self._pieces(reader):
            if self.loses is not None and piece.startswith(self.loses):
                lost.set()
            writer.write(piece)
            await writer.drain()
        writer.write_eof()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        async for piece in self._pieces(reader):
            if lost.is_set():
                raise EOFError
            writer.write(piece)
            await writer.drain()
        writer.write_eof()

    async def _pieces(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        while piece := await reader.read(2**16):
            await self._passes.wait()
            yield piece
