"""Looks after executions: time limits, silent instances, logs to fetch."""

from __future__ import annotations

import asyncio

from oaasplatform.services.supervision import SupervisionService
from oaasplatform.workers.loop import repeat


async def run(service: SupervisionService, released: asyncio.Event, lost: asyncio.Event) -> None:
    """Supervise every second; fetch logs whenever a run has ended; recover whenever an instance changed."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(repeat("supervisor", service.watch, lost))
            tasks.create_task(repeat("releaser", service.release, released))
    finally:
        await service.close()
