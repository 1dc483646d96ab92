"""Changes of executions that this process made, handed to those who wait for them without a look at the database."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from oaasplatform.domain.executions import Execution, Found
from oaasplatform.kit.waiting import wait_for

_RECENT = 2048
"""So many are remembered for those who begin to wait just after the end."""
_BACKLOG = 100
"""Changes that are kept for somebody who is slow; the database has the others."""
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
        self._expected: defaultdict[int, set[Expectation]] = defaultdict(set)
        self._followed: defaultdict[int, set[Following]] = defaultdict(set)
        self._gatherings: set[Gathering] = set()
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
        for expectation in self._expected.get(execution.id, ()):
            expectation.tell(execution.id, found)
        if small:
            self._recent[execution.id] = found
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)

    def changed_elsewhere(self, execution_id: int) -> None:
        """Another process has changed it, perhaps ended it."""
        for following in self._followed.get(execution_id, ()):
            following.tell(None)
        for expectation in self._expected.get(execution_id, ()):
            expectation.tell(execution_id, None)
        for gathering in self._gatherings:
            gathering.tell(execution_id)
