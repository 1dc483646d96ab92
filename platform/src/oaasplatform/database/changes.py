"""Changes of executions that this process made, handed to those who wait for them without a look at the database."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from oaasplatform.domain.executions import Execution, Found
from oaasplatform.kit.waiting import wait_for

_RECENT = 2048
"""So many are remembered for those who begin to wait just after the end."""
_BACKLOG = 100
"""Changes that are kept for somebody who is slow; the database has the others."""
_BACKLOG_OF_ENDS = 2048
"""The same for ends, for somebody who waits for many."""
_GROUP = 256
"""Ends that are handed over together."""
_SMALL = 16 * 1024
"""Bytes of an output that is kept at hand; others are read when they are needed."""


class Expectation:
    """Somebody waits for executions to end."""

    def __init__(self, board: Changes) -> None:
        self._board = board
        self._expected: set[int] = set()
        self._news: dict[int, Found | None] = {}
        self._arrived = asyncio.Event()

    def add(self, execution_ids: Iterable[int]) -> None:
        """Wait for these too."""
        for id_ in execution_ids:
            self._expected.add(id_)
            self._board.expected[id_].add(self)
            if id_ in self._board.recent:
                self.tell(id_, self._board.recent[id_])

    async def news(self, seconds: float, most: int = _GROUP) -> dict[int, Found | None]:
        """By id some of what has come since the last call, nothing after ``seconds``.

        None: the database tells what has become of the execution.
        """
        if not self._news:
            await wait_for(self._arrived, seconds)
        self._arrived.clear()
        return {id_: self._news.pop(id_) for id_ in list(islice(self._news, most))}

    def tell(self, execution_id: int, found: Found | None) -> None:
        """There is news. Who is slow to ask gets the numbers only: the database has the rest."""
        self._news[execution_id] = found if len(self._news) < _BACKLOG_OF_ENDS else None
        self._arrived.set()

    def close(self) -> None:
        """Nobody waits any more."""
        for id_ in self._expected:
            expected = self._board.expected[id_]
            expected.discard(self)
            if not expected:
                del self._board.expected[id_]
        self._expected.clear()


class Following:
    """Somebody watches an execution change."""

    def __init__(self) -> None:
        self._changes: list[Found | None] = []
        self._arrived = asyncio.Event()

    async def changes(self, seconds: float) -> list[Found | None]:
        """What has come since the last call, in order; nothing after ``seconds``. None: see ``Expectation.news``."""
        await wait_for(self._arrived, seconds)
        changes, self._changes = self._changes, []
        return changes

    def tell(self, found: Found | None) -> None:
        """It has changed."""
        if len(self._changes) < _BACKLOG:
            self._changes.append(found)
        self._arrived.set()


class Gathering:
    """Somebody looks after all executions that have a callback."""

    def __init__(self, arrived: asyncio.Event) -> None:
        self._changed: set[int] = set()
        self._arrived = arrived

    def take(self) -> set[int]:
        """Those that have changed since the last call, and perhaps some without a callback."""
        changed, self._changed = self._changed, set()
        return changed

    def tell(self, execution_id: int) -> None:
        """It has changed."""
        self._changed.add(execution_id)
        self._arrived.set()


class Changes:
    """A notice board. What is missed here is found in the database: it only saves time."""

    def __init__(self) -> None:
        self.expected: defaultdict[int, set[Expectation]] = defaultdict(set)
        self.recent: OrderedDict[int, Found] = OrderedDict()
        self._followed: defaultdict[int, set[Following]] = defaultdict(set)
        self._gatherings: set[Gathering] = set()

    @contextmanager
    def expect(self, *execution_ids: int) -> Iterator[Expectation]:
        """Wait for the ends of executions."""
        expectation = Expectation(self)
        expectation.add(execution_ids)
        try:
            yield expectation
        finally:
            expectation.close()

    @contextmanager
    def follow(self, execution_id: int) -> Iterator[Following]:
        """Watch every change of an execution."""
        following = Following()
        self._followed[execution_id].add(following)
        try:
            yield following
        finally:
            followed = self._followed[execution_id]
            followed.discard(following)
            if not followed:
                del self._followed[execution_id]

    @contextmanager
    def gather(self, arrived: asyncio.Event) -> Iterator[Gathering]:
        """Watch all executions that have a callback; ``arrived`` is set when one changes."""
        gathering = Gathering(arrived)
        self._gatherings.add(gathering)
        try:
            yield gathering
        finally:
            self._gatherings.discard(gathering)

    def publish(self, execution: Execution, output: bytes | None = None) -> None:
        """Tell those who wait for a change, or for the end."""
        small = output is None or len(output) <= _SMALL
        found = Found(execution=execution, output=output if small else None)
        for following in self._followed.get(execution.id, ()):
            following.tell(found)
        if execution.callback_url is not None:
            for gathering in self._gatherings:
                gathering.tell(execution.id)
        if not execution.state.terminal:
            return
        for expectation in self.expected.get(execution.id, ()):
            expectation.tell(execution.id, found)
        if small:
            self.recent[execution.id] = found
            if len(self.recent) > _RECENT:
                self.recent.popitem(last=False)

    def changed_elsewhere(self, execution_id: int) -> None:
        """Another process has changed it, perhaps ended it."""
        for following in self._followed.get(execution_id, ()):
            following.tell(None)
        for expectation in self.expected.get(execution_id, ()):
            expectation.tell(execution_id, None)
        for gathering in self._gatherings:
            gathering.tell(execution_id)
