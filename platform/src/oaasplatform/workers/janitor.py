"""Keeps the history in order."""

from __future__ import annotations

import asyncio

from oaasplatform.services.history import HistoryService
from oaasplatform.workers.loop import repeat


async def run(service: HistoryService) -> None:
    """Tend the history every now and then."""
    await repeat("janitor", service.tend, asyncio.Event())
