"""A notifier at work on a database, as the leader of a node has one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import CALLBACKS
from oaasplatform.schemas.executions import execution_view
from oaasplatform.services.notifications import NotificationService
from oaasplatform.services.outbox import ExecutionOutbox
from oaasplatform.services.watchers import Watching
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
    executions = Watching(database.executions, database.documents, database.changes)
    outbox = ExecutionOutbox(database.webhooks, database.executions, executions, view=execution_view, uid="node")
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
