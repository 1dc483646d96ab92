"""Takes one member's value out of a JSON document that comes in pieces, without having either in memory as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from itertools import accumulate

PLACEHOLDER = b"null"
"""Stands in the rest of the document where the value was."""

_MARK = re.compile(rb'["{}\[\]:,]')
_STRING_MARK = re.compile(rb'["\\]')
_NOT_SPACE = re.compile(rb"[^ \t\n\r]")
_SCALAR_END = re.compile(rb"[ \t\n\r,}\]]")

_BRACKETS = bytes.maketrans(b"{}", b"[]")
_PLAIN = bytes(byte for byte in range(256) if byte not in b'"[]{}')
_DELTAS = {ord("["): 1, ord("]"): -1}.__getitem__
_STEP = 16 * 1024
"""Bytes that are looked at together: as many as it is no pity to look at twice."""
_COLLAPSES = 8
"""So often pairs of brackets are removed before the others are counted one by one: nesting may be deep on purpose."""


class MemberRepeated(ValueError):
    """The member is there twice, and the first value is gone already."""


class _In(Enum):
    REST = auto()
    BEFORE = auto()
    CONTAINER = auto()
    STRING = auto()
    SCALAR = auto()


class MemberScanner:
    """Feed it pieces of a document; it hands back the pieces of the value, and keeps the rest of the document.

    It is no validator. Where the document is well-formed, the pieces are exactly the bytes of the value. Where it is
    not, the rest is not well-formed either, or the value is not: whoever parses them finds out.
    """

    def __init__(self, path: Sequence[str]) -> None:
        """``path``: keys from the outermost object to the member."""
        self.rest = bytearray()
        """The document with ``PLACEHOLDER`` for the value, as far as it has come."""
        self.found = False
        """Whether the value has begun."""
        self._path = list(path)
        self._in = _In.REST
        self._keys: list[str | None] = []
        """For each open bracket the key that its last colon followed; None in arrays."""
        self._at = 0
        """How far the rest has been looked at."""
        self._opened: int | None = None
        """Where in the rest the string begins that has not ended yet."""
        self._string = b""
        """The newest string in the rest, with its quotes."""
        self._depth = 0
        """Brackets of the value that are open."""
        self._quoted = False
        """Whether the value stopped within a string."""
        self._skip = 0
        """How many bytes that come next are no marks: the opening one, or what is escaped."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The pieces of the value in the next piece of the document. Read all of them before the next call.

        Raises:
            MemberRepeated
        """
        while chunk:
            if self._in is _In.REST:
                chunk = self._scan_rest(chunk)
            elif self._in is _In.BEFORE:
                chunk = self._begin(chunk)
            else:
                end = self._end_in(chunk)
                if end is None:
                    yield chunk
                    return
                self._in = _In.REST
                if end:
                    yield chunk[:end]
                chunk = chunk[end:]

    def _scan_rest(self, chunk: bytes) -> bytes:
        """Take what does not belong to the value; returns what comes behind the colon before the value."""
        rest = self.rest
        rest += chunk
        while self._at < len(rest):
            if self._opened is not None:
                self._scan_string(self._opened)
                continue
            mark = _MARK.search(rest, self._at)
            if mark is None:
                self._at = len(rest)
                break
            self._at = mark.end()
            match mark[0]:
                case b'"':
                    self._opened = mark.start()
                case b"{" | b"[":
                    self._keys.append(None)
                case b"}" | b"]":
                    if self._keys:
                        self._keys.pop()
                case b":" if self._keys:
                    self._keys[-1] = _text(self._string)
                    if self._keys == self._path:
                        return self._cut()
                case b"," if self._keys:
                    self._keys[-1] = None
                    self._string = b""
        return b""

    def _scan_string(self, opened: int) -> None:
        """Go on to the end of a string in the rest, or as far as it has come."""
        mark = _STRING_MARK.search(self.rest, self._at)
        if mark is None:
            self._at = len(self.rest)
        elif mark[0] == b"\\":
            self._at = mark.end() + 1  # perhaps beyond what has come
        else:
            self._at = mark.end()
            self._string = bytes(self.rest[opened : self._at])
            self._opened = None

    def _cut(self) -> bytes:
        if self.found:
            raise MemberRepeated
        tail = bytes(self.rest[self._at :])
        del self.rest[self._at :]
        self._in = _In.BEFORE
        return tail

    def _begin(self, chunk: bytes) -> bytes:
        first = _NOT_SPACE.search(chunk)
        if first is None:
            return b""
        chunk = chunk[first.start() :]
        match first[0]:
            case b"{" | b"[":
                self._in, self._depth, self._quoted, self._skip = _In.CONTAINER, 1, False, 1
            case b'"':
                self._in, self._quoted, self._skip = _In.STRING, True, 1
            case b"}" | b"]" | b"," | b":":  # there is no value: the rest shows it
                self._in = _In.REST
                return chunk
            case _:
                self._in = _In.SCALAR
        self.found = True
        self.rest += PLACEHOLDER
        self._at = len(self.rest)
        return chunk

    def _end_in(self, chunk: bytes) -> int | None:
        """Where in the chunk the value ends, if it does."""
        if self._in is _In.SCALAR:
            mark = _SCALAR_END.search(chunk)
            return mark and mark.start()
        for at in range(0, len(chunk), _STEP):
            piece = chunk[at : at + _STEP]
            if not self._passes(piece) and (end := self._exact_end(piece)) is not None:
                return at + end
        return None

    def _passes(self, chunk: bytes) -> bool:
        """Count the brackets of a piece in which the value does not end. Takes one look at all of it, not at each mark.

        False if the value may end in it; then nothing was counted.
        """
        text = chunk[self._skip :]
        skip = 0
        if b"\\" in text:
            # Pairs from the left: what is left of a run of backslashes is the one that escapes what follows.
            text = text.replace(b"\\\\", b"")
            skip = int(text.endswith(b"\\"))
            text = text.replace(b'\\"', b"")
        if self._in is _In.STRING:
            if b'"' in text:
                return False
            self._skip = skip
            return True
        marks = text.translate(_BRACKETS, _PLAIN)
        # Two quotes side by side enclose no bracket, or part no brackets: both ways nothing changes without them.
        marks = (b'"' + marks if self._quoted else marks).replace(b'""', b"")
        quoted = marks.count(b'"') % 2 == 1
        brackets = b"".join(marks.split(b'"')[::2])
        balance = brackets.count(b"[") - brackets.count(b"]")
        if brackets.count(b"]") >= self._depth:
            for _ in range(_COLLAPSES):
                brackets = brackets.replace(b"[]", b"")
            if min(accumulate(map(_DELTAS, brackets)), default=0) + self._depth <= 0:
                return False
        self._depth += balance
        self._quoted, self._skip = quoted, skip
        return True

    def _exact_end(self, chunk: bytes) -> int | None:
        """The same mark by mark."""
        at, self._skip = self._skip, 0
        while True:
            mark = (_STRING_MARK if self._quoted else _MARK).search(chunk, at)
            if mark is None:
                return None
            at = mark.end()
            match mark[0]:
                case b"\\":
                    self._skip = int(at == len(chunk))
                    at += 1
                case b'"':
                    self._quoted = not self._quoted
                    if self._in is _In.STRING and not self._quoted:
                        return at
                case b"{" | b"[":
                    self._depth += 1
                case b"}" | b"]":
                    self._depth -= 1
                    if self._depth == 0:
                        return at


def _text(string: bytes) -> str | None:
    """What a string in quotes says; None if it is none."""
    if b"\\" not in string:
        return string[1:-1].decode(errors="replace") if string else None
    try:
        text: str = json.loads(string)
    except ValueError:
        return None
    return text
