"""What the adapter remembers of launches, to find those again whose answer was lost."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

import msgspec

from oaasplatform.domain.targets import Target
from oaasplatform.protocols.matlab.wire import PlainPath

_MOST = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Handle(msgspec.Struct, frozen=True):
    """``Run.handle``, as JSON."""

    self: PlainPath
    """Path of the request."""
    up: PlainPath
    """Path of all requests of the server."""
    outputs: tuple[str, ...]
    """Names of the results."""

    def encoded(self) -> str:
        """The text of it."""
        return msgspec.json.encode(self).decode()


class Launches:
    """A memory that may fail: without it, a launch whose answer was lost is made again.

    A server tells where its requests are only when it has taken one, and requests don't say of which function they are.
    """

    def __init__(self) -> None:
        self._collections: OrderedDict[tuple[int, int], str] = OrderedDict()
        self._outputs: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def begin(self, run_id: str, outputs: tuple[str, ...]) -> None:
        """A launch is under way."""
        _remember(self._outputs, run_id, outputs)

    def end(self, run_id: str) -> None:
        """The run is done with."""
        self._outputs.pop(run_id, None)

    def outputs(self, run_id: str) -> tuple[str, ...] | None:
        """Names of the results of a run; None if its launch is not known."""
        return self._outputs.get(run_id)

    def see(self, target: Target, up: str) -> None:
        """This is where a life of an instance keeps its requests."""
        _remember(self._collections, (target.instance_id, target.generation), up)

    def collection(self, target: Target) -> str | None:
        """Where a life of an instance keeps its requests, if it has taken one."""
        return self._collections.get((target.instance_id, target.generation))


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _MOST:
        memory.popitem(last=False)
