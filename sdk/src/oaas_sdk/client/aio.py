"""The client for asyncio."""

from __future__ import annotations

import asyncio
import inspect
import os
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any, Self

import msgspec

from oaas_sdk.client.algorithms import Algorithms
from oaas_sdk.client.documents import encode
from oaas_sdk.client.errors import NodeError, OaasError
from oaas_sdk.client.handle import EXECUTIONS, LONGEST_WAIT, AsyncExecutionHandle
from oaas_sdk.client.models import Algorithm, Execution
from oaas_sdk.client.transport import Transport, decode

DEFAULT_URL = "http://127.0.0.1:5000"
ENV_URL = "OAAS_URL"
_NOT_FOUND = 404


class AsyncOaasClient:
    """Calls the algorithms of a node. Use it with ``async with``, or ``await close()`` at the end.

    Args:
        url: of the node's API; by default the environment variable ``OAAS_URL``, or else http://127.0.0.1:5000.
        timeout: seconds the node may take for one answer. No limit of executions: those have ``timeout`` of
            :meth:`run` (how long to wait) and ``max_running_time`` (how long they may run).
        retry_for: seconds for which a node that does not answer, perhaps because it restarts, is tried again.
    """

    def __init__(self, url: str | None = None, *, timeout: float = 30.0, retry_for: float = 20.0) -> None:
        self._transport = Transport(url or os.environ.get(ENV_URL) or DEFAULT_URL, timeout, retry_for)
        self._algorithms = Algorithms(self._transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Of the node."""
        return self._transport.url

    async def close(self) -> None:
        """Close all connections. Executions go on."""
        await self._transport.close()

    async def algorithms(self, search: str | None = None) -> list[Algorithm]:
        """All algorithms of the node, or those with a text in their name or description."""
        filters = {} if search is None else {"search": search}
        return [algorithm async for algorithm in self._algorithms.all(**filters)]

    async def run(
        self,
        algorithm: str | int,
        input: Any,
        *,
        on_progress: Callable[[Execution], Awaitable[None] | None] | None = None,
        instance_id: int | None = None,
        max_running_time: float | None = None,
        priority: int = 0,
        user_id: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Run an algorithm and give its output.

        Args:
            algorithm: its name, ``repository/name`` where several have it, or its id.
            input: plain data, a pydantic model, a dataclass, numpy arrays, or what is made of them.
            on_progress: called with every change of the execution, the last one included.
            instance_id: run it there; by default the node chooses an instance.
            max_running_time: seconds after which the node stops the run.
            priority: from -100 to 100; higher ones start first.
            user_id: for whom it runs.
            timeout: seconds to wait for the end; the execution goes on after that.

        Raises:
            ExecutionFailed: it ended without an output.
            ExecutionTimeout: it did not end within ``timeout`` seconds.
            NodeError: the node refused it, for example because the input does not fit the schema.
            NodeUnreachable, UnknownAlgorithm, ValueError (the input is not JSON)
        """
        end = None if timeout is None else asyncio.get_running_loop().time() + timeout
        handle = await self.submit(
            algorithm,
            input,
            instance_id=instance_id,
            max_running_time=max_running_time,
            priority=priority,
            user_id=user_id,
            wait=0.0 if on_progress else LONGEST_WAIT if timeout is None else min(timeout, LONGEST_WAIT),
        )
        if on_progress is not None:
            await self._report(handle, on_progress, timeout)
        return await handle.result(None if end is None else max(0.0, end - asyncio.get_running_loop().time()))

    async def submit(
        self,
        algorithm: str | int,
        input: Any,
        *,
        instance_id: int | None = None,
        max_running_time: float | None = None,
        priority: int = 0,
        user_id: str | None = None,
        callback_url: str | None = None,
        wait: float = 0.0,
    ) -> AsyncExecutionHandle:
        """Submit an execution, exactly once even when the connection breaks, and do not wait for its end.

        Args:
            callback_url: every change of the execution is posted there, signed.
            wait: seconds for which the node may hold back its answer if the run ends meanwhile.

        The other arguments and the errors are those of :meth:`run`.
        """
        body = {
            "input": msgspec.Raw(encode(input)),
            "algorithmRepositoryInstanceId": instance_id,
            "maxRunningTimeInSeconds": max_running_time,
            "priority": priority,
            "userId": user_id,
            "callbackUrl": callback_url,
        }
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        while True:
            id_ = algorithm if isinstance(algorithm, int) else await self._algorithms.find(algorithm, instance_id)
            content = msgspec.json.encode({"algorithmId": id_, **body})
            try:
                answer = await self._transport.call("POST", EXECUTIONS, content=content, headers=headers, wait=wait)
            except NodeError as error:
                # The repository may have been registered anew since the name was looked up.
                if error.status == _NOT_FOUND and self._algorithms.forget(str(algorithm), instance_id):
                    continue
                raise
            execution = decode(answer, Execution)
            return AsyncExecutionHandle(self._transport, execution.id, execution)

    def handle(self, id: int) -> AsyncExecutionHandle:
        """The execution with this id, whoever submitted it. Asks the node nothing yet."""
        return AsyncExecutionHandle(self._transport, id)

    async def result(self, id: int, timeout: float | None = None) -> Any:
        """The output of an execution, once there is one. Raises what :meth:`AsyncExecutionHandle.result` raises."""
        return await self.handle(id).result(timeout)

    async def map(
        self, algorithm: str | int, inputs: Iterable[Any], *, max_concurrency: int = 8, **options: Any
    ) -> AsyncGenerator[Any, None]:
        """Run an algorithm on many inputs and yield the outputs, in the order of the inputs.

        Args:
            inputs: may be endless: only ``max_concurrency`` are taken ahead of the output that is due.
            max_concurrency: executions that are submitted at the same time.
            options: of :meth:`submit`, for all of them.

        Raises:
            ExecutionFailed: when the output is due of an execution that has none.

        Whoever leaves the loop early, or with an error, stops the executions whose outputs are not wanted any more.
        """
        pending: deque[tuple[AsyncExecutionHandle, asyncio.Task[Any]]] = deque()
        source = iter(inputs)
        try:
            while True:
                # One after the other: the node starts them in this order, so the output that is due comes first.
                while len(pending) < max_concurrency and (item := next(source, _END)) is not _END:
                    handle = await self.submit(algorithm, item, **options)
                    pending.append((handle, asyncio.create_task(handle.result())))
                if not pending:
                    return
                output = await pending[0][1]
                pending.popleft()
                yield output
        finally:
            await asyncio.gather(*(_abandon(handle, task) for handle, task in pending))

    async def _report(
        self,
        handle: AsyncExecutionHandle,
        on_progress: Callable[[Execution], Awaitable[None] | None],
        timeout: float | None,
    ) -> None:
        try:
            async with asyncio.timeout(timeout) as limit, aclosing(handle.events()) as events:
                async for execution in events:
                    answer = on_progress(execution)
                    if inspect.isawaitable(answer):
                        await answer
        except TimeoutError:
            if not limit.expired():  # it is the callback's
                raise


_END = object()


async def _abandon(handle: AsyncExecutionHandle, result: asyncio.Task[Any]) -> None:
    """Stop an execution whose output nobody wants."""
    result.cancel()
    await asyncio.wait([result])
    if handle.execution is None or not handle.execution.finished:
        with suppress(OaasError):  # it has just ended, or the node is away; an error that brought us here counts more
            await handle.stop()
