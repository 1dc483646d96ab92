"""LISTEN/NOTIFY: who waits for something to change in the database is woken by the commit that changes it.

Notifications are hints: whoever waits looks at the rows again, and does so after a while in any case.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg
import structlog

from oaasplatform.database.changes import Changes
from oaasplatform.kit.backoff import delays

CHANNEL = "oaas"
QUEUE = "queue"
"""An execution was queued. With ``:`` and an id behind it: in that repository only."""
SLOT = "slot"
"""A slot became free, in the repository whose id stands behind ``:``."""
INSTANCES = "instances"
REPOSITORIES = "repositories"
RELEASE = "release"
"""A run is to be cleaned up on its instance."""
CALLBACKS = "callbacks"
"""Somebody wants a callback to be tried again."""
MEMBERSHIP = "membership"
LEADERSHIP = "leadership"
"""A process has given the role back."""


EXECUTION = "execution"


def execution_topic(execution_id: int) -> str:
    """Topic of one execution's changes. A notification may list several ids, with commas between them."""
    return f"{EXECUTION}:{execution_id}"


log = structlog.get_logger(__name__)


@dataclass
class Hunger:
    """For which repositories a dispatcher may have something to do."""

    everywhere: bool = False
    queued: set[int] = field(default_factory=set)
    """Something came into their queues."""
    freed: set[int] = field(default_factory=set)
    """A slot became free."""


class Listener:
    """One dedicated connection that listens, reconnects by itself, and wakes subscribers by topic."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], changes: Changes) -> None:
        self._connect = connect
        self._changes = changes
        self._subscribers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self.own: set[int] = set()
        """Process ids of connections whose notifications need not be heard: whoever uses them calls ``wake``."""
        self._hunger = Hunger(everywhere=True)

    async def open(self) -> None:
        """Start listening; returns once the connection is there."""
        self._task = asyncio.create_task(self._run(), name="database-listener")
        await asyncio.wait_for(self._listening.wait(), 30)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def watch(self, *topics: str) -> asyncio.Event:
        """Like ``subscribe``, for as long as the listener lives."""
        event = asyncio.Event()
        for topic in topics:
            self._subscribers[topic].add(event)
        return event

    @contextmanager
    def subscribe(self, *topics: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of the topics is notified (and after a reconnection)."""
        event = self.watch(*topics)
        try:
            yield event
        finally:
            for topic in topics:
                self._subscribers[topic].discard(event)
                if not self._subscribers[topic]:
                    del self._subscribers[topic]

    def wake(self, *topics: str) -> None:
        """Wake those in this process who subscribed to one of the topics."""
        for topic in topics:
            kind, _, id_ = topic.partition(":")
            if kind in (QUEUE, SLOT):
                if not id_:
                    self._hunger.everywhere = True
                else:
                    (self._hunger.queued if kind == QUEUE else self._hunger.freed).add(int(id_))
                topic = QUEUE
            for event in self._subscribers.get(topic, ()):
                event.set()

    def hunger(self) -> Hunger:
        """What a dispatcher may have to do since the last call."""
        hunger, self._hunger = self._hunger, Hunger()
        return hunger

    def _heard(self, pid: int, payload: str) -> None:
        if pid in self.own:
            return
        kind, _, ids = payload.partition(":")
        if kind == EXECUTION:
            for id_ in map(int, ids.split(",")):
                self.wake(execution_topic(id_))
                self._changes.changed_elsewhere(id_)
        else:
            self.wake(payload)

    async def _run(self) -> None:
        rests = delays(first=0.1, most=2.0)
        while True:
            try:
                async with self._connection() as lost:
                    rests = delays(first=0.1, most=2.0)
                    self.wake(QUEUE, *list(self._subscribers))
                    self._listening.set()
                    await lost.wait()
                log.warning("lost the connection that listens to the database")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("can't listen to the database", error=str(error))
            await asyncio.sleep(next(rests))

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncio.Event]:
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, lambda _c, pid, _channel, payload: self._heard(pid, str(payload)))
            yield lost
        finally:
            connection.terminate()
