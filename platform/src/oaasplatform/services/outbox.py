"""What is to be sent to callback URLs: the events of executions, as people see them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import msgspec

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.executions import Event, Found
from oaasplatform.domain.webhooks import Pending
from oaasplatform.schemas.executions import execution_view
from oaasplatform.services.executions import ExecutionService
from oaasplatform.webhooks.base import Message


class ExecutionOutbox:
    """See ``webhooks.base.Outbox``. Events are stored with the changes they tell of, so none is lost."""

    def __init__(self, database: Database, executions: ExecutionService, *, node_uid: str) -> None:
        """``node_uid`` keeps the ids of this node's messages apart from those of others."""
        self._queries = database.webhooks
        self._events = database.executions
        self._executions = executions
        self._node_uid = node_uid

    async def recover(self) -> None:
        await self._queries.recover()

    async def changed(self, execution_ids: Collection[int]) -> None:
        await self._queries.changed(execution_ids)

    async def due(self, limit: int, *, busy: Collection[int], full: Collection[str]) -> list[Pending]:
        return await self._queries.due(limit, busy=busy, full=full)

    async def next_due(self) -> float | None:
        return await self._queries.next_due()

    async def messages(self, pending: Pending) -> list[Message]:
        try:
            execution = await self._events.get(pending.execution_id)
        except NotFound:  # purged meanwhile
            return []
        if pending.delivered == 0:
            events = await self._events.events(execution, 0)
            return [await self._message(event, None) for event in events[:1]] + await self._following(events)
        # The one before tells whether the next one is more than progress.
        return await self._following(await self._events.events(execution, pending.delivered - 1))

    async def delivered(self, pending: Pending, message: Message) -> None:
        await self._queries.delivered(pending.execution_id, message.number, last=message.last)

    async def settled(self, pending: Pending) -> None:
        await self._queries.settled(pending.execution_id, pending.delivered)

    async def failed(self, pending: Pending, error: str, *, rest: float) -> None:
        await self._queries.failed(pending.execution_id, pending.delivered, error, rest=rest)

    async def given_up(self, pending: Pending, error: str) -> None:
        await self._queries.given_up(pending.execution_id, pending.delivered, error)

    async def _following(self, events: list[Event]) -> list[Message]:
        return [await self._message(event, before) for before, event in pairwise(events)]

    async def _message(self, event: Event, before: Event | None) -> Message:
        now = event.execution
        output = await self._executions.inline_output(Found(execution=now))
        return Message(
            number=event.id,
            id=f"{self._node_uid}-{now.id}-{event.id}",
            body=msgspec.json.encode(execution_view(now, output)),
            minor=before is not None and (now.state, now.attempt) == (before.execution.state, before.execution.attempt),
            last=now.state.terminal,
        )
