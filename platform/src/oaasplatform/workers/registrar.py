"""Discovers repositories."""

from __future__ import annotations

import asyncio

from oaasplatform.services.discovery import DiscoveryService
from oaasplatform.workers.loop import repeat


async def run(service: DiscoveryService, wakeup: asyncio.Event) -> None:
    """Discover whenever a repository was registered or changed."""
    try:
        await repeat("registrar", service.cycle, wakeup)
    finally:
        await service.close()
