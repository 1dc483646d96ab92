"""A notifier at work on a database, as the leader of a node has one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import CALLBACKS
from oaasplatform.services.executions import ExecutionService
from oaasplatform.services.notifications import NotificationService
from oaasplatform.services.outbox import ExecutionOutbox
from oaasplatform.services.webhooks import WebhookService
from oaasplatform.webhooks.base import Patience
from oaasplatform.webhooks.guard import Guard
from oaasplatform.workers import notifier

Notifying = Callable[..., AbstractAsyncContextManager[None]]


@asynccontextmanager
async def at_work(
    database: Database, webhooks: WebhookService, *, allow: str = "127.0.0.1", attempts: int = 100
) -> AsyncIterator[None]:
    """While this context lasts; several, one after the other, are restarts."""
    executions = ExecutionService(database, {}, None, user_limit=None)  # type: ignore[arg-type]
    outbox = ExecutionOutbox(database, executions, node_uid="node")
    with database.listener.subscribe(CALLBACKS) as wakeup, database.changes.gather(wakeup) as changed:
        service = NotificationService(
            outbox,
            webhooks,
            changed,
            guard=Guard([allow] if allow else []),
            patience=Patience(attempts=attempts, first=0.02, most=0.1),
            wakeup=wakeup,
        )
        task = asyncio.create_task(notifier.run(service, wakeup))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
