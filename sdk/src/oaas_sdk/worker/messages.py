"""What server and worker tell each other over pipes: length-prefixed MessagePack."""

from __future__ import annotations

import struct
from typing import TypeAlias

import msgspec

from oaas_sdk.contract import AlgorithmDescriptor, FieldError, Incumbent, RunError

HEADER = struct.Struct("!I")
"""Length of the message that follows, in bytes."""

MAX_MESSAGE_BYTES = 2**32 - 1


class Launch(msgspec.Struct, tag=True):
    """Server to worker: execute a run."""

    run: int
    """Number of the run in this worker."""
    algorithm_id: int
    input: bytes
    """JSON document."""


class Ready(msgspec.Struct, tag=True):
    """The module is imported."""

    name: str
    version: str
    algorithms: list[AlgorithmDescriptor]


class Started(msgspec.Struct, tag=True):
    """The input is valid, the algorithm starts."""

    cpu_seconds: float
    """CPU time that the process and its reaped children have used up to now, since the process started."""


class Rejected(msgspec.Struct, tag=True):
    """The input is not valid, there is no run."""

    errors: list[FieldError]


class Progressed(msgspec.Struct, tag=True):
    """All that is known about a running algorithm."""

    run: int
    """Number from ``Launch``: a late message of the run before must not count for this one."""
    fraction: float | None
    message: str | None
    incumbent: Incumbent | None
    cpu_seconds: float


class Finished(msgspec.Struct, tag=True):
    """The run ended: either there is an error or an output."""

    fraction: float | None
    message: str | None
    incumbent: Incumbent | None
    cpu_seconds: float
    output: bytes | None = None
    """JSON document."""
    error: RunError | None = None


Event: TypeAlias = Ready | Started | Rejected | Progressed | Finished
"""Worker to server."""

_encoder = msgspec.msgpack.Encoder()
_event_decoder = msgspec.msgpack.Decoder(Event)


def frame(message: Launch | Event) -> bytes:
    """A message with its length in front.

    Raises:
        OverflowError: the message has 4 GiB or more.
    """
    body = _encoder.encode(message)
    if len(body) > MAX_MESSAGE_BYTES:
        raise OverflowError("a message between server and worker has less than 4 GiB")
    return HEADER.pack(len(body)) + body


class EventParser:
    """Cuts a stream of bytes into events."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes."""
        if not self._rest:  # as good as always: most events come whole
            events, used = _cut(data)
            self._rest += data[used:]
            return events
        self._rest += data
        events, used = _cut(self._rest)
        del self._rest[:used]
        return events


def _cut(data: bytes | bytearray) -> tuple[list[Event], int]:
    """The events at the beginning of ``data``, and how many bytes they take."""
    events: list[Event] = []
    start, size = 0, len(data)
    with memoryview(data) as view:
        while (body := start + HEADER.size) <= size:
            end = body + HEADER.unpack_from(view, start)[0]
            if end > size:
                break
            events.append(_event_decoder.decode(view[body:end]))
            start = end
    return events, start
