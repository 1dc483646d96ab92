"""Keeping the history: room for what comes, and what is too old goes."""

from __future__ import annotations

from datetime import timedelta

from oaasplatform.database.database import Database
from oaasplatform.services.batches import BatchService

_CYCLE = 60.0
"""Seconds; two partitions are there ahead, each for a million executions."""
_KEYS_AGE = timedelta(days=7)
"""Idempotency keys are for requests that are repeated within seconds; nobody repeats one after a week."""
_IDLE_UPLOADS = timedelta(minutes=10)
"""A large document of which no part has come for so long: its sender, or the node that took it, is gone."""


class HistoryService:
    """Looks after executions that are over."""

    def __init__(self, database: Database, batches: BatchService, *, days: int | None) -> None:
        """``days``: how long they are kept, at least; None: for ever."""
        self._history = database.history
        self._documents = database.documents
        self._batches = batches
        self._age = None if days is None else timedelta(days=days)

    async def tend(self) -> float:
        """One round. Returns the seconds until the next."""
        await self._history.prepare()
        await self._history.forget_keys(_KEYS_AGE)
        await self._documents.sweep(_IDLE_UPLOADS)
        await self._batches.tend()
        if self._age is not None:
            await self._history.forget(self._age)
        return _CYCLE
