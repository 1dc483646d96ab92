"""Notices nodes that have fallen silent."""

from __future__ import annotations

import asyncio

from oaasplatform.master.services.heartbeats import HeartbeatService
from oaasplatform.workers.loop import repeat


async def run(service: HeartbeatService) -> None:
    """Look every second."""
    await service.begin()
    await repeat("sentinel", service.watch, asyncio.Event())
