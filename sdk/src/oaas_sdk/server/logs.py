"""What one run wrote, in bounded memory."""

from __future__ import annotations


class LogBuffer:
    """Keeps the beginning and the end of a stream of bytes, and counts what it drops between them.

    Args:
        limit: bytes to keep, half of them for the beginning.
    """

    def __init__(self, limit: int) -> None:
        self._head_limit = limit // 2
        self._tail_limit = limit - self._head_limit
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0
        """Bytes written so far, dropped ones included."""

    def append(self, data: bytes) -> None:
        """Add what was written."""
        self.total += len(data)
        room = self._head_limit - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._tail_limit:  # seldom, so that a byte is moved about once
            del self._tail[: -self._tail_limit]

    def text(self, limit: int) -> str | None:
        """All that was written, if that is at most ``limit`` bytes and nothing was dropped."""
        if self.total > min(limit, self._head_limit + self._tail_limit):
            return None
        return (self._head + self._tail).decode(errors="replace")

    @property
    def size(self) -> int:
        """Bytes of memory in use."""
        return len(self._head) + len(self._tail)

    def read(self, offset: int = 0) -> bytes:
        """What was written from byte ``offset`` of the stream on; a line says how much is missing where."""
        head_end = len(self._head)
        tail = self._tail[-self._tail_limit :]
        tail_start = self.total - len(tail)
        position = max(offset, head_end)
        parts = [bytes(self._head[offset:])] if offset < head_end else []
        if position < tail_start:
            parts.append(b"\n[... %d bytes dropped ...]\n" % (tail_start - position))
        parts.append(bytes(tail[max(0, position - tail_start) :]))
        return b"".join(parts)
