"""Work that several want at the same time and that is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")
Listener = Callable[[str], None]


@dataclass
class _Flight(Generic[Result]):
    task: asyncio.Task[Result]
    listeners: list[Listener] = field(default_factory=list)
    passengers: int = 0
    said: str | None = None


class Flights(Generic[Result]):
    """At most one piece of work for each key; whoever asks for one under way waits for it."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[Result]] = {}

    async def join(
        self, key: Hashable, work: Callable[[Listener], Awaitable[Result]], listener: Listener | None = None
    ) -> Result:
        """The result of the work with this key, begun now unless it is under way.

        What the work says is heard by all who wait. It is cancelled when nobody waits any more.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = self._depart(key, work)
        if listener is not None:
            flight.listeners.append(listener)
            if flight.said is not None:
                listener(flight.said)
        flight.passengers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.passengers -= 1
            if listener is not None:
                flight.listeners.remove(listener)
            if not flight.passengers and not flight.task.done():
                del self._flights[key]
                flight.task.cancel()
                await asyncio.wait({flight.task})

    def _depart(self, key: Hashable, work: Callable[[Listener], Awaitable[Result]]) -> _Flight[Result]:
        async def fly() -> Result:
            return await work(say)

        def say(sentence: str) -> None:
            flight.said = sentence
            for listener in tuple(flight.listeners):
                listener(sentence)

        def land(task: asyncio.Task[Any]) -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]

        flight = _Flight(asyncio.create_task(fly()))
        flight.task.add_done_callback(land)
        return flight
