"""Notices nodes that have fallen silent."""

from __future__ import annotations

import asyncio

from oaasplatform.master.services.heartbeats import HeartbeatService
from oaasplatform.workers.loop import repeat


async def run(service: HeartbeatService) -> None:
    """Look every second, once nodes have had the time to be heard: nobody may have listened before."""
    await asyncio.sleep(service.silence)
    await repeat("sentinel", service.watch, asyncio.Event())
