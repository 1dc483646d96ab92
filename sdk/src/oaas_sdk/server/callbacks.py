"""Delivery of status messages to the node: newest state only, at least once, at a bounded rate."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from enum import Enum, auto
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from oaas_sdk.backoff import delay
from oaas_sdk.contract import StatusMessage
from oaas_sdk.server.run import Run

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

INTERVAL = 0.25
"""Least time between two messages of one run, in seconds; the final one is sent at once."""

MAX_AGE = 24 * 3600.0
"""Seconds for which a final message is tried."""

TIMEOUT = 30.0
"""Seconds that the node may take to answer, and to accept a connection."""

_encoder = msgspec.json.Encoder()


class _Answer(Enum):
    DELIVERED = auto()
    UNWANTED = auto()
    """The node does not know the execution, or does not want to hear of it."""
    FAILED = auto()


class Callbacks:
    """Delivers the messages of all runs over one pool of connections."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()

    async def deliver(self, run: Run, url: str) -> None:
        """Deliver messages of a run until its final one has arrived, or the node does not want it.

        The answer to the launch tells the node that the run has started, and, when the run ended meanwhile, how.
        """
        sent = 1
        failures = 0
        give_up_at: float | None = None
        now = asyncio.get_running_loop().time
        while not run.delivered:
            await run.changed.wait()
            run.changed.clear()
            if run.final:
                give_up_at = give_up_at or now() + MAX_AGE
                await run.answered.wait()
            if run.delivered or (run.sequence <= sent and not run.final):
                continue
            message = run.message()
            answer = await self._post(url, message)
            if answer is _Answer.UNWANTED or (message.final and answer is _Answer.DELIVERED):
                run.delivered = True
            elif answer is _Answer.DELIVERED:
                sent, failures = message.sequence, 0
                await _rest(run, INTERVAL)
            else:
                failures += 1
                run.changed.set()
                if give_up_at is not None and now() > give_up_at:
                    log.error("execution %s: the node never took the final message", run.execution_id)
                    run.delivered = True
                elif message.final:
                    await asyncio.sleep(delay(failures))
                else:
                    await _rest(run, delay(failures))

    async def _post(self, url: str, message: StatusMessage) -> _Answer:
        client = await self._get_client()
        import httpx

        try:
            response = await client.post(
                url, content=_encoder.encode(message), headers={"Content-Type": "application/json"}
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("execution %s: callback failed: %r", message.execution_id, error)
            return _Answer.FAILED
        if response.is_success:
            return _Answer.DELIVERED
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            return _Answer.UNWANTED
        log.warning("execution %s: callback was answered with %d", message.execution_id, response.status_code)
        return _Answer.FAILED

    async def _get_client(self) -> httpx.AsyncClient:
        """The client. httpx costs 0.2 s and memory to import, and an instance may never need it."""
        async with self._lock:
            if self._client is None:
                await asyncio.to_thread(import_module, "httpx")
                self._client = _make_client()
            return self._client


def _make_client() -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_connections=20, keepalive_expiry=30.0),
    )


async def _rest(run: Run, seconds: float) -> None:
    """Wait, but not longer than the run lasts."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await run.finished.wait()
