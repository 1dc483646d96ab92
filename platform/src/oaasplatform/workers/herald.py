"""Tells the master how the node is."""

from __future__ import annotations

import asyncio

from oaasplatform.services.heartbeats import HeartbeatService
from oaasplatform.workers.loop import repeat


async def run(service: HeartbeatService, wakeup: asyncio.Event, joined: asyncio.Event) -> None:
    """Report every few seconds, and whenever instances, repositories or the membership change."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(repeat("herald", service.beat, wakeup))
        tasks.create_task(repeat("measuring", service.measure, joined))
