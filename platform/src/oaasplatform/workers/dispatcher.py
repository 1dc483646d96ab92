"""Gives queued executions to free slots."""

from __future__ import annotations

import asyncio

from oaasplatform.services.dispatch import DispatchService
from oaasplatform.workers.loop import repeat


async def run(service: DispatchService, wakeup: asyncio.Event) -> None:
    """Dispatch whenever something was queued or a slot became free."""
    try:
        await repeat("dispatcher", service.dispatch, wakeup)
    finally:
        await service.close()
