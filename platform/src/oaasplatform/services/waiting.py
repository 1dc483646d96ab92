"""Waiting until something in the database is as somebody wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from oaasplatform.database.notifications import Listener
from oaasplatform.kit.waiting import wait_for

_LOOK_AGAIN = 5.0
"""Seconds; a notification may be lost with a connection."""

Value = TypeVar("Value")


async def wait_until(
    listener: Listener,
    topic: str,
    seconds: float,
    read: Callable[[], Awaitable[Value]],
    settled: Callable[[Value], bool],
) -> Value:
    """Read until ``settled`` or ``seconds`` have passed, whichever is first; what was read last."""
    deadline = asyncio.get_running_loop().time() + seconds
    with listener.subscribe(topic) as changed:
        while True:
            value = await read()
            rest = deadline - asyncio.get_running_loop().time()
            if rest <= 0 or settled(value):
                return value
            await wait_for(changed, min(rest, _LOOK_AGAIN))
