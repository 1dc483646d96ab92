"""What tells two JSON documents apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""The document has nothing there."""


@dataclass(frozen=True)
class Difference:
    """One place in two documents where they are not the same."""

    pointer: str
    """JSON pointer (RFC 6901)."""
    value: Any
    other: Any


def differences(value: Any, other: Any) -> Iterator[Difference]:
    """All of them, in order, as deep as both documents have the same kind of value there; 1 and 1.0 are the same."""
    places: list[tuple[str, Any, Any]] = [("", value, other)]
    while places:
        pointer, one, two = places.pop()
        if isinstance(one, dict) and isinstance(two, dict):
            names = list(dict.fromkeys([*one, *two]))
            places += [
                (f"{pointer}/{_escaped(name)}", one.get(name, MISSING), two.get(name, MISSING))
                for name in reversed(names)
            ]
        elif isinstance(one, list) and isinstance(two, list):
            places += [
                (f"{pointer}/{at}", _item(one, at), _item(two, at)) for at in reversed(range(max(len(one), len(two))))
            ]
        elif one != two or isinstance(one, bool) is not isinstance(two, bool):
            yield Difference(pointer, one, two)


def _item(items: list[Any], at: int) -> Any:
    return items[at] if at < len(items) else MISSING


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
