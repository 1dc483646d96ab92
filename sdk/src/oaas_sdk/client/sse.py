"""Server-sent events (HTML Living Standard, section 9.2), as a node sends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class EventParser:
    """Cuts a stream of bytes into events. Lines end with LF or CRLF, not with what else Unicode calls a line end."""

    last_id: str = ""
    """Id of the newest event, to reconnect with."""
    _buffer: bytearray = field(default_factory=bytearray)
    _data: list[bytes] = field(default_factory=list)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of the events that ``chunk`` completes."""
        self._buffer += chunk
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).removesuffix(b"\r")
            del self._buffer[: end + 1]
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif name == b"id":
                self.last_id = value.removeprefix(b" ").decode()
            elif not line and self._data:
                yield b"\n".join(self._data)
                self._data.clear()

    def reconnect(self) -> None:
        """Forget an event that was cut off: the next stream sends it again."""
        self._buffer.clear()
        self._data.clear()
