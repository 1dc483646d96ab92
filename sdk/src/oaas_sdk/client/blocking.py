"""The blocking client: it drives the asynchronous one in a background thread, and has no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from oaas_sdk.client.aio import AsyncOaasClient
from oaas_sdk.client.background import BackgroundLoop
from oaas_sdk.client.handle import AsyncExecutionHandle
from oaas_sdk.client.models import Algorithm, Execution


class ExecutionHandle:
    """An execution of a node. Made by :meth:`OaasClient.submit` and :meth:`OaasClient.handle`."""

    def __init__(self, handle: AsyncExecutionHandle, loop: BackgroundLoop) -> None:
        self._handle = handle
        self._loop = loop

    @property
    def id(self) -> int:
        """Of the execution, on its node."""
        return self._handle.id

    @property
    def execution(self) -> Execution | None:
        """What is known about it; None before anybody asked. :meth:`refresh` asks."""
        return self._handle.execution

    def refresh(self) -> Execution:
        """See :meth:`AsyncExecutionHandle.refresh`."""
        return self._loop.run(self._handle.refresh())

    def wait(self, timeout: float | None = None) -> Execution:
        """See :meth:`AsyncExecutionHandle.wait`."""
        return self._loop.run(self._handle.wait(timeout))

    def result(self, timeout: float | None = None) -> Any:
        """See :meth:`AsyncExecutionHandle.result`."""
        return self._loop.run(self._handle.result(timeout))

    def events(self) -> Iterator[Execution]:
        """See :meth:`AsyncExecutionHandle.events`."""
        return self._loop.iterate(self._handle.events())

    def interrupt(self) -> Execution:
        """See :meth:`AsyncExecutionHandle.interrupt`."""
        return self._loop.run(self._handle.interrupt())

    def stop(self) -> Execution:
        """See :meth:`AsyncExecutionHandle.stop`."""
        return self._loop.run(self._handle.stop())

    def logs(self) -> str:
        """See :meth:`AsyncExecutionHandle.logs`."""
        return self._loop.run(self._handle.logs())


class OaasClient:
    """Calls the algorithms of a node. Use it with ``with``, or ``close()`` at the end. Threads may share it.

    The arguments are those of :class:`AsyncOaasClient`.
    """

    def __init__(self, url: str | None = None, *, timeout: float = 30.0, retry_for: float = 20.0) -> None:
        self._client = AsyncOaasClient(url, timeout=timeout, retry_for=retry_for)
        self._loop = BackgroundLoop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Of the node."""
        return self._client.url

    def close(self) -> None:
        """See :meth:`AsyncOaasClient.close`."""
        self._loop.run(self._client.close())
        self._loop.close()

    def algorithms(self, search: str | None = None) -> list[Algorithm]:
        """See :meth:`AsyncOaasClient.algorithms`."""
        return self._loop.run(self._client.algorithms(search))

    def run(
        self,
        algorithm: str | int,
        input: Any,
        *,
        on_progress: Callable[[Execution], None] | None = None,
        instance_id: int | None = None,
        max_running_time: float | None = None,
        priority: int = 0,
        user_id: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """See :meth:`AsyncOaasClient.run`. After Ctrl-C the execution goes on."""

        def start(report: Callable[[Execution], None] | None) -> Coroutine[Any, Any, Any]:
            return self._client.run(
                algorithm,
                input,
                on_progress=report,
                instance_id=instance_id,
                max_running_time=max_running_time,
                priority=priority,
                user_id=user_id,
                timeout=timeout,
            )

        if on_progress is None:
            return self._loop.run(start(None))
        return self._loop.run_reporting(start, on_progress)

    def submit(
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
    ) -> ExecutionHandle:
        """See :meth:`AsyncOaasClient.submit`."""
        handle = self._loop.run(
            self._client.submit(
                algorithm,
                input,
                instance_id=instance_id,
                max_running_time=max_running_time,
                priority=priority,
                user_id=user_id,
                callback_url=callback_url,
                wait=wait,
            )
        )
        return ExecutionHandle(handle, self._loop)

    def handle(self, id: int) -> ExecutionHandle:
        """See :meth:`AsyncOaasClient.handle`."""
        return ExecutionHandle(self._client.handle(id), self._loop)

    def result(self, id: int, timeout: float | None = None) -> Any:
        """See :meth:`AsyncOaasClient.result`."""
        return self._loop.run(self._client.result(id, timeout))

    def map(
        self, algorithm: str | int, inputs: Iterable[Any], *, max_concurrency: int = 8, **options: Any
    ) -> Iterator[Any]:
        """See :meth:`AsyncOaasClient.map`; ``inputs`` is iterated in the client's thread."""
        return self._loop.iterate(self._client.map(algorithm, inputs, max_concurrency=max_concurrency, **options))
