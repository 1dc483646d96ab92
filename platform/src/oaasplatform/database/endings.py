"""Executions that this process saw end, handed to those who wait for them without another look at the database."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from oaasplatform.domain.executions import Found
from oaasplatform.kit.waiting import wait_for

_RECENT = 2048
"""So many are remembered for those who begin to wait just after the end."""
_SMALL = 16 * 1024
"""Bytes of an output that is kept at hand; others are read when they are needed."""


class Expectation:
    """Somebody waits for executions to end."""

    def __init__(self) -> None:
        self._news: dict[int, Found | None] = {}
        self._arrived = asyncio.Event()

    async def news(self, seconds: float) -> dict[int, Found | None]:
        """By id what has come since the last call, nothing after ``seconds``.

        None: another process has changed the execution, perhaps ended it; the database tells.
        """
        await wait_for(self._arrived, seconds)
        news, self._news = self._news, {}
        return news

    def tell(self, execution_id: int, found: Found | None) -> None:
        """There is news."""
        self._news[execution_id] = found
        self._arrived.set()


class Endings:
    """A notice board. What is missed here is found in the database: it only saves time."""

    def __init__(self) -> None:
        self._expected: defaultdict[int, set[Expectation]] = defaultdict(set)
        self._recent: OrderedDict[int, Found] = OrderedDict()

    @contextmanager
    def expect(self, execution_ids: Collection[int]) -> Iterator[Expectation]:
        """Wait for the ends of executions."""
        expectation = Expectation()
        for id_ in execution_ids:
            self._expected[id_].add(expectation)
            if id_ in self._recent:
                expectation.tell(id_, self._recent[id_])
        try:
            yield expectation
        finally:
            for id_ in execution_ids:
                expected = self._expected[id_]
                expected.discard(expectation)
                if not expected:
                    del self._expected[id_]

    def publish(self, found: Found) -> None:
        """Tell those who wait for the end of an execution."""
        id_ = found.execution.id
        small = found.output is None or len(found.output) <= _SMALL
        self._tell(id_, found if small else Found(execution=found.execution, output=None))
        if small:
            self._recent[id_] = found
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)

    def changed_elsewhere(self, execution_id: int) -> None:
        """Another process has changed it, perhaps ended it."""
        self._tell(execution_id, None)

    def _tell(self, execution_id: int, found: Found | None) -> None:
        for expectation in self._expected.get(execution_id, ()):
            expectation.tell(execution_id, found)
