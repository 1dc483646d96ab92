"""Sends the changes of executions to callback URLs."""

from __future__ import annotations

import asyncio

from oaasplatform.services.notifications import NotificationService
from oaasplatform.workers.loop import repeat


async def run(service: NotificationService, wakeup: asyncio.Event) -> None:
    """Send whenever an execution with a callback has changed, or what failed is due again."""
    try:
        await repeat("notifier", service.cycle, wakeup)
    finally:
        await service.close()
