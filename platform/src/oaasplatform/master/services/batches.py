"""Batches: executions that were submitted together, looked at and stopped as one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from oaasplatform.database.notifications import QUEUE
from oaasplatform.domain.errors import WrongState
from oaasplatform.domain.paging import Paging
from oaasplatform.kit.waiting import wait_for
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import BatchCounts, FederatedExecution
from oaasplatform.master.services.executions import ExecutionService

_PAGE = 256
_LOOK_AGAIN = 1.0
BEGINNING = (datetime.fromtimestamp(0, UTC), 0)
"""Before all results."""


class BatchService:
    """What people can do with batches."""

    def __init__(self, database: MasterDatabase, executions: ExecutionService) -> None:
        self._queries = database.batches
        self._listener = database.listener
        self._executions = executions

    async def create(self, user_id: str | None = None) -> int:
        """An empty one; its id."""
        return await self._queries.create(user_id)

    async def get(self, id_: int) -> BatchCounts:
        """Raises ``NotFound``."""
        return await self._queries.get(id_)

    async def page(self, user_id: str | None, paging: Paging) -> tuple[list[BatchCounts], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(user_id, paging)

    async def results(
        self, id_: int, after: tuple[datetime, int], *, follow: bool
    ) -> AsyncIterator[list[FederatedExecution]]:
        """Executions that are over, in the order of their ends, some at a time; with ``follow`` until all are.

        Raises:
            NotFound
        """
        await self._queries.get(id_)
        return self._results(id_, after, follow=follow)

    async def stop(self, id_: int) -> BatchCounts:
        """Stop all that goes on. Raises ``NotFound``."""
        await self._queries.get(id_)
        while left := await self._queries.open(id_, _PAGE):
            for execution_id in left:
                try:
                    await self._executions.cancel(execution_id)
                except WrongState:
                    continue  # it has just ended by itself
        return await self._queries.get(id_)

    async def _results(
        self, id_: int, after: tuple[datetime, int], *, follow: bool
    ) -> AsyncIterator[list[FederatedExecution]]:
        with self._listener.subscribe(QUEUE) as ended:
            while True:
                going_on = follow and bool(await self._queries.open(id_, 1))
                while results := await self._queries.results(id_, after, _PAGE):
                    yield results
                    newest = results[-1]
                    assert newest.finished_at is not None
                    after = (newest.finished_at, newest.id)
                if not going_on:
                    return
                await wait_for(ended, _LOOK_AGAIN)
