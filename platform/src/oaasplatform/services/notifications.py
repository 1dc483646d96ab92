"""Sending the changes of executions to callback URLs."""

from __future__ import annotations

import asyncio

from oaasplatform.database.changes import Gathering
from oaasplatform.services.webhooks import WebhookService
from oaasplatform.webhooks.base import Outbox, Patience
from oaasplatform.webhooks.connections import SystemResolver
from oaasplatform.webhooks.guard import Guard
from oaasplatform.webhooks.scheduler import SIDE_BY_SIDE, Scheduler
from oaasplatform.webhooks.sending import Sender


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
        self._outbox = outbox
        self._webhooks = webhooks
        self._changed = changed
        self._guard = guard
        self._patience = patience
        self._wakeup = wakeup
        self._sender: Sender | None = None
        self._scheduler: Scheduler | None = None

    async def cycle(self) -> float:
        """Begin all that can be sent. Returns the seconds until the next look. Raises ``CredentialsUnreadable``."""
        if self._scheduler is None:
            secret = await self._webhooks.secret()
            self._sender = Sender(self._guard, SystemResolver(SIDE_BY_SIDE), secret, connections=SIDE_BY_SIDE)
            self._scheduler = Scheduler(self._outbox, self._sender, self._patience, self._wakeup)
        return await self._scheduler.cycle(self._changed.take())

    async def close(self) -> None:
        """End what is on its way; it is sent again after the next start."""
        if self._scheduler is not None:
            await self._scheduler.close()
        if self._sender is not None:
            await self._sender.close()
