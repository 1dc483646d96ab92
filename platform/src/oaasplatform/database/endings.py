"""Executions that this process saw end, handed to those who wait for them without another look at the database."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from oaasplatform.domain.executions import Found
from oaasplatform.kit.waiting import wait_for

_RECENT = 2048
"""So many are remembered for those who begin to wait just after the end."""
_SMALL = 16 * 1024
"""Bytes of an output that is worth remembering."""


class Expectation:
    """Somebody waits for the end of an execution."""

    def __init__(self, ended: Found | None) -> None:
        self._ended = ended
        self._stirred = asyncio.Event()
        if ended is not None:
            self._stirred.set()

    async def wait(self, seconds: float) -> Found | None:
        """The end; None when it has not come within ``seconds``, or when the database has news from elsewhere."""
        await wait_for(self._stirred, seconds)
        return self._ended

    def stir(self, ended: Found | None) -> None:
        """There is news."""
        self._ended = ended
        self._stirred.set()


class Endings:
    """A notice board. What is missed here is found in the database: it only saves time."""

    def __init__(self) -> None:
        self._expected: defaultdict[int, set[Expectation]] = defaultdict(set)
        self._recent: OrderedDict[int, Found] = OrderedDict()

    @contextmanager
    def expect(self, execution_id: int) -> Iterator[Expectation]:
        """Wait for the end of an execution."""
        expectation = Expectation(self._recent.get(execution_id))
        self._expected[execution_id].add(expectation)
        try:
            yield expectation
        finally:
            expected = self._expected[execution_id]
            expected.discard(expectation)
            if not expected:
                del self._expected[execution_id]

    def publish(self, ended: Found) -> None:
        """Tell those who wait."""
        id_ = ended.execution.id
        self._stir(id_, ended)
        if ended.output is None or len(ended.output) <= _SMALL:
            self._recent[id_] = ended
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)

    def changed_elsewhere(self, execution_id: int) -> None:
        """Another process has changed it, perhaps ended it."""
        self._stir(execution_id, None)

    def _stir(self, execution_id: int, ended: Found | None) -> None:
        for expectation in self._expected.get(execution_id, ()):
            expectation.stir(ended)
