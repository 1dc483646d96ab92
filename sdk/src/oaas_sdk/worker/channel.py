"""The worker's ends of the pipes to the server."""

from __future__ import annotations

import os
import select
import threading

import msgspec

from oaas_sdk.worker.messages import HEADER, Event, Launch, Progressed, frame

_launch_decoder = msgspec.msgpack.Decoder(Launch)


class Channel:
    """Receives launches and sends events.

    Args:
        commands: descriptor to read launches from.
        events: descriptor to write events to.
    """

    def __init__(self, commands: int, events: int) -> None:
        for descriptor in (commands, events):
            os.set_inheritable(descriptor, False)
        self._commands = os.fdopen(commands, "rb")
        self._events = events
        self._lock = threading.Lock()
        os.set_blocking(events, False)

    def receive(self) -> Launch | None:
        """The next launch; None when the server is gone."""
        header = self._commands.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        (length,) = HEADER.unpack(header)
        body = self._commands.read(length)
        return _launch_decoder.decode(body) if len(body) == length else None

    def send(self, event: Event) -> None:
        """Send an event, however long the server takes to read it."""
        data = memoryview(frame(event))
        with self._lock:
            while data:
                try:
                    data = data[os.write(self._events, data) :]
                except BlockingIOError:
                    select.select([], [self._events], [])

    def try_send(self, event: Progressed) -> bool:
        """Send a small event if that is possible without waiting; False if it was not sent."""
        data = frame(event)
        if len(data) > select.PIPE_BUF or not self._lock.acquire(blocking=False):
            return False
        try:
            os.write(self._events, data)  # a pipe takes up to PIPE_BUF bytes whole or not at all
        except BlockingIOError:
            return False
        finally:
            self._lock.release()
        return True
