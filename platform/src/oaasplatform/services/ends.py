"""Waiting for many executions to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from oaasplatform.database.changes import Expectation
from oaasplatform.database.database import Database
from oaasplatform.database.queries.executions import ExecutionQueries
from oaasplatform.domain.executions import Found
from oaasplatform.schemas.executions import INLINE_OUTPUT_BYTES

_LOOK_AGAIN = 5.0
_GROUP = 256
"""Executions that are looked up together."""


class Ends:
    """Those of executions that are added as soon as they are submitted: then hardly any has to be looked up."""

    def __init__(self, queries: ExecutionQueries, expectation: Expectation) -> None:
        self._queries = queries
        self._expectation = expectation
        self._missing: set[int] = set()

    def add(self, ids: Iterable[int]) -> None:
        """Wait for these too."""
        new = set(ids)
        self._missing |= new
        self._expectation.add(new)

    async def come(self, seconds: float) -> AsyncIterator[list[Found]]:
        """Executions, some at a time, as they end, and after ``seconds`` the others as they are then.

        Those that are purged meanwhile are missing.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._missing and (rest := deadline - loop.time()) > 0:
            news = await self._expectation.news(min(rest, _LOOK_AGAIN))
            if ended := self._new(found for found in news.values() if found is not None):
                yield ended
            doubtful = {id_ for id_, found in news.items() if found is None} if news else self._missing
            for group in _groups(doubtful & self._missing):
                known = await self._look_up(group)
                self._missing -= group - {found.execution.id for found in known}
                if ended := self._new(found for found in known if found.execution.state.terminal):
                    yield ended
        for group in _groups(self._missing):
            yield await self._look_up(group)

    def _new(self, ended: Iterable[Found]) -> list[Found]:
        """Those that were missing until now."""
        new = [found for found in ended if found.execution.id in self._missing]
        self._missing -= {found.execution.id for found in new}
        return new

    async def _look_up(self, ids: Collection[int]) -> list[Found]:
        """Executions, with their outputs if these are small."""
        executions = await self._queries.get_all(ids)
        small = [each.id for each in executions if each.output_bytes and each.output_bytes <= INLINE_OUTPUT_BYTES]
        outputs = await self._queries.outputs(small) if small else {}
        return [Found(execution=each, output=outputs.get(each.id)) for each in executions]


@contextmanager
def ends(database: Database) -> Iterator[Ends]:
    """Nothing is waited for yet."""
    with database.changes.expect() as expectation:
        yield Ends(database.executions, expectation)


def _groups(ids: Collection[int]) -> Iterator[set[int]]:
    left = iter(tuple(ids))
    while group := set(islice(left, _GROUP)):
        yield group
