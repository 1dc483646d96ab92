"""Watching an execution change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack

from oaasplatform.database.database import Database
from oaasplatform.database.queries.executions import ExecutionQueries
from oaasplatform.domain.executions import Execution, Found

_SILENCE_SECONDS = 15.0


class Watch:
    """Of an execution, until it is closed."""

    def __init__(self, database: Database, execution_id: int) -> None:
        self._queries: ExecutionQueries = database.executions
        self._id = execution_id
        self._stack = ExitStack()
        self._following = self._stack.enter_context(database.changes.follow(execution_id))

    async def begin(self) -> Execution:
        """The execution as it is now; what happens from now on is not missed. Raises ``NotFound``."""
        try:
            return await self._queries.get(self._id)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Nobody watches any more. Repeating it is fine."""
        self._stack.close()

    async def changes(self, execution: Execution, after: int) -> AsyncIterator[Found | None]:
        """What it was after every change with a number above ``after``, in order, until it has ended.

        ``execution``: as it was at the beginning. None: nothing has happened for some seconds.
        """
        with self._stack:
            changes: list[Found | None] = [*await self._missed(execution, after)]
            while True:
                for change in changes:
                    known = [change] if change is not None and change.execution.event_id == after + 1 else ()
                    if change is None or change.execution.event_id > after + 1:
                        known = await self._look(after)
                    for found in known:
                        after = found.execution.event_id
                        yield found
                        if found.execution.state.terminal:
                            return
                changes = await self._following.changes(_SILENCE_SECONDS)
                if not changes:
                    yield None
                    changes = [None]

    async def _look(self, after: int) -> list[Found]:
        return await self._missed(await self._queries.get(self._id), after)

    async def _missed(self, execution: Execution, after: int) -> list[Found]:
        """What it was after the changes that were not seen."""
        missed: list[Found] = []
        while after < execution.event_id:
            events = await self._queries.events(execution, after)
            missed += [Found(execution=event.execution) for event in events]
            after = events[-1].id
        return missed
