"""Sending the changes of executions to callback URLs."""

from __future__ import annotations

import asyncio
import time

from oaasplatform.database.changes import Gathering
from oaasplatform.services.webhooks import WebhookService
from oaasplatform.webhooks.base import Outbox, Patience
from oaasplatform.webhooks.connections import SystemResolver
from oaasplatform.webhooks.guard import Guard
from oaasplatform.webhooks.scheduler import SIDE_BY_SIDE, Scheduler
from oaasplatform.webhooks.sending import Sender

_SECRET_SECONDS = 2.0
"""So long a new secret may go unnoticed."""


class NotificationService:
    """Tells those who gave a callback URL what becomes of their executions."""

    def __init__(
        self,
        outbox: Outbox,
        webhooks: WebhookService,
        changed: Gathering,
        *,
        guard: Guard,
        patience: Patience,
        wakeup: asyncio.Event,
    ) -> None:
        """``wakeup`` is set whenever there may be something to do in :meth:`cycle`."""
        self._webhooks = webhooks
        self._changed = changed
        self._sender = Sender(guard, SystemResolver(SIDE_BY_SIDE), connections=SIDE_BY_SIDE)
        self._scheduler = Scheduler(outbox, self._sender, patience, wakeup)
        self._secret_read_at: float | None = None

    async def cycle(self) -> float:
        """Begin all that can be sent. Returns the seconds until the next look. Raises ``CredentialsUnreadable``."""
        now = time.monotonic()
        if self._secret_read_at is None or now - self._secret_read_at >= _SECRET_SECONDS:
            self._sender.secret = await self._webhooks.secret()
            self._secret_read_at = now
        return await self._scheduler.cycle(self._changed.take())

    async def close(self) -> None:
        """End what is on its way; it is sent again after the next start."""
        await self._scheduler.close()
        await self._sender.close()
