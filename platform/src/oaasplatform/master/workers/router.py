"""Gives executions to nodes, and looks after those that nodes have."""

from __future__ import annotations

import asyncio

from oaasplatform.master.services.dispatch import DispatchService
from oaasplatform.master.services.fleets import FleetService
from oaasplatform.master.services.reconciliation import ReconciliationService
from oaasplatform.workers.loop import repeat


async def run(
    fleet: FleetService,
    dispatch: DispatchService,
    reconciliation: ReconciliationService,
    *,
    nodes: asyncio.Event,
    queue: asyncio.Event,
    release: asyncio.Event,
) -> None:
    """Whenever nodes come and go (``nodes``), there is something to place (``queue``) or to stop (``release``)."""
    try:
        await fleet.refresh()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(repeat("fleet", fleet.refresh, nodes))
            tasks.create_task(repeat("dispatcher", dispatch.dispatch, queue))
            tasks.create_task(repeat("reconciler", reconciliation.cycle, release))
    finally:
        await dispatch.close()
        await reconciliation.close()
