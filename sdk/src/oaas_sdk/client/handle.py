"""One execution, watched and steered from afar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from oaas_sdk.client.errors import ExecutionFailed, ExecutionTimeout, NodeError, NodeUnreachable, OaasError
from oaas_sdk.client.models import Execution
from oaas_sdk.client.sse import EventParser
from oaas_sdk.client.transport import Transport, decode, plain

EXECUTIONS = "/algorithmExecutions"
LONGEST_WAIT = 30.0
"""Seconds for which the node may hold back one answer: proxies close connections that are silent for long."""
SILENCE = 60.0
"""Seconds without a byte after which an event stream is taken for dead; the node sends a comment every 15 s."""


class AsyncExecutionHandle:
    """An execution of a node. Made by :meth:`AsyncOaasClient.submit` and :meth:`AsyncOaasClient.handle`."""

    def __init__(self, transport: Transport, id: int, execution: Execution | None = None) -> None:
        self.id = id
        self.execution = execution
        """What is known about it; None before anybody asked. :meth:`refresh` asks."""
        self._transport = transport
        self._path = f"{EXECUTIONS}/{id}"

    async def refresh(self) -> Execution:
        """The execution as it is now."""
        return await self._look(0.0)

    async def wait(self, timeout: float | None = None) -> Execution:
        """The execution once it has ended, whichever way.

        Raises:
            ExecutionTimeout: it has not after ``timeout`` seconds; it goes on.
        """
        now = asyncio.get_running_loop().time
        end = None if timeout is None else now() + timeout
        execution = self.execution or await self.refresh()
        while not execution.finished:
            left = LONGEST_WAIT if end is None else min(LONGEST_WAIT, end - now())
            if timeout is not None and left <= 0:
                raise ExecutionTimeout(execution, timeout)
            execution = await self._look(left)
        return execution

    async def result(self, timeout: float | None = None) -> Any:
        """The output, once there is one.

        Raises:
            ExecutionFailed: there will be none.
            ExecutionTimeout: there is none yet after ``timeout`` seconds; the execution goes on.
        """
        execution = await self.wait(timeout)
        if not execution.succeeded:
            raise ExecutionFailed(execution)
        if isinstance(execution.inline_output, bytes | memoryview):
            return plain(execution.inline_output)
        return plain(await self._transport.call("GET", f"{self._path}/output"))

    async def events(self) -> AsyncGenerator[Execution, None]:
        """Every change of the execution until it has ended, also when the node restarts meanwhile."""
        parser = EventParser()
        patience = self._transport.patience()
        while True:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": parser.last_id}
            try:
                async with self._transport.stream(f"{self._path}/events", headers, SILENCE) as response:
                    patience.renew()
                    async for chunk in response.aiter_bytes():
                        for document in parser.feed(chunk):
                            self.execution = decode(document, Execution)
                            yield self.execution
                            if self.execution.finished:
                                return
                failure: OaasError = NodeUnreachable(f"the events of execution {self.id} ended before it did")
            except (httpx.TransportError, NodeError) as error:
                failure = self._transport.lasting(error)
            await patience.after(failure)
            parser.reconnect()

    async def interrupt(self) -> Execution:
        """Ask for the best solution found so far: the execution ends soon, with success.

        Raises:
            NodeError: it does not run (409).
        """
        return self._note(await self._transport.call("POST", f"{self._path}/interrupt"))

    async def stop(self) -> Execution:
        """Stop the execution now. Stopping it again is fine.

        Raises:
            NodeError: it has ended already (409).
        """
        return self._note(await self._transport.call("DELETE", self._path))

    async def logs(self) -> str:
        """What the run has written to stdout and stderr up to now, native solvers included."""
        return (await self._transport.call("GET", f"{self._path}/logs")).decode(errors="replace")

    async def _look(self, wait: float) -> Execution:
        return self._note(await self._transport.call("GET", self._path, wait=wait))

    def _note(self, body: bytes) -> Execution:
        self.execution = decode(body, Execution)
        return self.execution
