"""Waiting for executions, and watching them change: the same on a node and on a master."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Protocol

from oaasplatform.database.changes import Changes
from oaasplatform.domain.executions import Event, Execution, Found
from oaasplatform.schemas.executions import INLINE_OUTPUT_BYTES

_LOOK_AGAIN = 5.0


class Reads(Protocol):
    """Where executions are read."""

    async def get(self, id_: int) -> Execution:
        """Raises ``NotFound``."""
        ...

    async def get_all(self, ids: Collection[int]) -> Collection[Execution]:
        """Those that there are, in any order."""
        ...

    async def events(self, execution: Execution, after: int) -> list[Event]:
        """Events with numbers above ``after``, in order, at most some hundreds at a time."""
        ...

    async def output(self, id_: int) -> bytes | int | None:
        """The output document, once there is one; of a large one its number."""
        ...


class Watching:
    """What people see of executions without asking again and again."""

    def __init__(self, reads: Reads, changes: Changes) -> None:
        self._reads = reads
        self._changes = changes

    async def wait(self, execution: Execution, seconds: float) -> Found:
        """The execution when it has ended or ``seconds`` have passed. Raises ``NotFound``: it was purged meanwhile."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        with self._changes.expect((execution.id,)) as end:
            while not execution.state.terminal and (rest := deadline - loop.time()) > 0:
                found = (await end.news(min(rest, _LOOK_AGAIN))).get(execution.id)
                if found is not None:
                    return found
                execution = await self._reads.get(execution.id)
        return Found(execution=execution)

    async def wait_for_all(self, ids: Collection[int], seconds: float) -> AsyncIterator[list[Found]]:
        """Executions as they end, some at a time, and after ``seconds`` the others as they are then.

        Those that are purged meanwhile are missing.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        missing = set(ids)
        with self._changes.expect(ids) as end:
            while missing and (rest := deadline - loop.time()) > 0:
                news = await end.news(min(rest, _LOOK_AGAIN))
                ended = [found for found in news.values() if found is not None and found.execution.id in missing]
                doubtful = missing if not news else {id_ for id_, found in news.items() if found is None}
                if doubtful:
                    known = await self._reads.get_all(doubtful)
                    missing -= doubtful - {execution.id for execution in known}
                    ended += [Found(execution=each) for each in known if each.state.terminal]
                missing -= {found.execution.id for found in ended}
                if ended:
                    yield ended
        if missing:
            yield [Found(execution=each) for each in await self._reads.get_all(missing)]

    async def inline_output(self, ended: Found) -> bytes | None:
        """The output when there is one and it is small."""
        size = ended.execution.output_bytes
        if size is None or size > INLINE_OUTPUT_BYTES:
            return None
        if ended.output is not None:
            return ended.output
        output = await self._reads.output(ended.execution.id)
        return output if isinstance(output, bytes) else None

    async def events(self, id_: int, after: int) -> AsyncIterator[Found]:
        """What it was after every change with a number above ``after``, in order, until it has ended.

        Raises:
            NotFound
        """
        await self._reads.get(id_)
        return self._events(id_, after)

    async def _events(self, id_: int, after: int) -> AsyncIterator[Found]:
        with self._changes.follow(id_) as following:
            changes: list[Found | None] = [None]
            while True:
                for change in changes:
                    known = [change] if change is not None and change.execution.event_id == after + 1 else ()
                    if change is None or change.execution.event_id > after + 1:
                        known = await self._missed(id_, after)
                    for found in known:
                        after = found.execution.event_id
                        yield found
                        if found.execution.state.terminal:
                            return
                changes = await following.changes(_LOOK_AGAIN) or [None]

    async def _missed(self, id_: int, after: int) -> list[Found]:
        """Changes that were not seen, from the database."""
        execution = await self._reads.get(id_)
        missed: list[Found] = []
        while after < execution.event_id:
            events = await self._reads.events(execution, after)
            missed += [Found(execution=event.execution) for event in events]
            after = events[-1].id
        return missed
