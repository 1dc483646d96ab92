"""Makes the engine match the database."""

from __future__ import annotations

import asyncio

from oaasplatform.kit.backoff import delays
from oaasplatform.services.reconciliation import ReconciliationService
from oaasplatform.workers.loop import repeat


async def run(service: ReconciliationService, wakeup: asyncio.Event) -> None:
    """Reconcile whenever an instance or the engine changes."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_watch_engine(service, wakeup))
            tasks.create_task(repeat("reconciler", service.cycle, wakeup))
    finally:
        await service.close()


async def _watch_engine(service: ReconciliationService, wakeup: asyncio.Event) -> None:
    rests = delays(first=0.2, most=5.0)
    while True:
        async for _ in service.engine_events():
            rests = delays(first=0.2, most=5.0)
            wakeup.set()
        # The stream ended: the engine is down, or has cut us off.
        await asyncio.sleep(next(rests))
        wakeup.set()
