"""The input of a run: a document from a file or a pipe, and ``--set`` on top of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oaasplatform.cli.errors import Misuse


def read_input(source: str | None, assignments: Sequence[str]) -> Any:
    """The input document.

    ``source`` is a file, or ``-`` for stdin; without one the document starts as ``{}``.
    """
    if source is None:
        document: Any = {}
    elif source == "-":
        document = _parse(sys.stdin.read(), "stdin")
    else:
        document = _parse(_text_of(Path(source)), source)
    for assignment in assignments:
        document = _assign(document, assignment)
    return document


def read_lines(source: str) -> list[Any]:
    """The documents in a file (``-``: in stdin), one a line; empty lines don't count."""
    text = sys.stdin.read() if source == "-" else _text_of(Path(source))
    name = "stdin" if source == "-" else source
    # Only newlines end a line: other separators may stand in documents.
    lines = enumerate(text.split("\n"), start=1)
    return [_parse(line, f"{name}, line {number}") for number, line in lines if line.strip()]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Misuse(f"The input file {path} can't be read: {reason}.") from error


def _parse(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Misuse(f"The input from {name} is not JSON: {error}.") from error


def _assign(document: Any, assignment: str) -> Any:
    """The document with ``a.b=value`` put in; a whole number names an item of a list."""
    path, equals, text = assignment.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        raise Misuse(f"--set {assignment} is not of the form key=value.", advice="For example: --set mipGap=0.01")
    holder = document
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        slot = _slot(holder, key, assignment)
        if last:
            holder[slot] = _value(text)
        elif isinstance(holder, dict):
            holder = holder.setdefault(slot, {})
        else:
            holder = holder[slot]
    return document


def _slot(holder: Any, key: str, assignment: str) -> Any:
    """What ``key`` is in ``holder``: a member's name or an item's index."""
    if isinstance(holder, dict):
        return key
    if isinstance(holder, list):
        if key.isdecimal() and int(key) < len(holder):
            return int(key)
        raise Misuse(f"--set {assignment}: the list has {len(holder)} items, {key!r} is none of them.")
    raise Misuse(f"--set {assignment}: there is no place for {key!r}, its parent is no object.")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
