"""What the adapter remembers. All of it may be lost: then it asks, waits or replaces where it need not have."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch
from oaasplatform.protocols.calls import decode
from oaasplatform.protocols.optimaix.wire import Handle

_MOST = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory:
    """Of launches under way and of those that went wrong."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._handles: OrderedDict[str, Handle] = OrderedDict()
        self._reported: OrderedDict[str, None] = OrderedDict()
        self._suspects: OrderedDict[bytes, tuple[int, int]] = OrderedDict()

    @contextmanager
    def launching(self, run_id: str) -> Iterator[None]:
        """A launch is under way while the context lasts."""
        self._under_way.add(run_id)
        try:
            yield
        finally:
            self._under_way.discard(run_id)

    def is_launching(self, run_id: str) -> bool:
        """Whether the launch of a run is under way."""
        return run_id in self._under_way

    def launched(self, run_id: str, handle: Handle) -> None:
        """The backend has taken a run."""
        _remember(self._handles, run_id, handle)

    def handle(self, run: Run) -> Handle | None:
        """Of a run; None if its launch had no answer, or one that was lost with an earlier life of the node."""
        return self._handles.get(run.id) if run.handle is None else decode(run.handle.encode(), Handle, "the dialect")

    def reported(self, run_id: str) -> None:
        """A run has called back."""
        _remember(self._reported, run_id, None)

    def has_reported(self, run_id: str) -> bool:
        """Whether a run has called back."""
        return run_id in self._reported

    def forget(self, run_id: str) -> None:
        """The run is done with."""
        self._handles.pop(run_id, None)
        self._reported.pop(run_id, None)

    def suspect(self, target: Target, launch: Launch) -> bool:
        """A launch was answered with an error: whether one with the same input was so before, in another life.

        A new instance has a file that is whole. If it doesn't take the input either, it is the input.
        """
        key, life = _fingerprint(launch), (target.instance_id, target.generation)
        again = self._suspects.get(key, life) != life
        _remember(self._suspects, key, life)
        return again

    def clear(self, launch: Launch) -> None:
        """A launch with this input was taken, or refused for good."""
        if self._suspects:
            self._suspects.pop(_fingerprint(launch), None)


def _fingerprint(launch: Launch) -> bytes:
    return hashlib.sha256(launch.reference.encode() + b"\0" + bytes(launch.input)).digest()


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _MOST:
        memory.popitem(last=False)
