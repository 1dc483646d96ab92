"""Keeps the tables in order."""

from __future__ import annotations

import asyncio

from oaasplatform.master.services.tidying import TidyingService
from oaasplatform.workers.loop import repeat


async def run(service: TidyingService) -> None:
    """Tidy up every now and then."""
    await repeat("janitor", service.tidy, asyncio.Event())
