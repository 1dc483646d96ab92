"""MATLAB values and their two JSON notations.

Written after MathWorks' page "JSON Representation of MATLAB Data Types".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

_NON_FINITE = {"NaN": math.nan, "Inf": math.inf, "-Inf": -math.inf}


class InvalidValue(ValueError):
    """JSON that stands for no MATLAB value."""


@dataclass(frozen=True)
class Value:
    """An array of any type, column by column; characters of a ``char`` are one string."""

    mwtype: str
    size: tuple[int, ...]
    data: Any
    complex: bool = False

    @property
    def scalar(self) -> Any:
        """The only element."""
        return self.data[0]


def double(number: float) -> Value:
    """A scalar."""
    return Value("double", (1, 1), [float(number)])


def char(text: str) -> Value:
    """A row of characters."""
    return Value("char", (1, len(text)) if text else (0, 0), text)


def row(numbers: list[float]) -> Value:
    """A row of doubles."""
    return Value("double", (1, len(numbers)), numbers)


def decode(document: Any) -> Value:
    """From either notation."""
    match document:
        case bool():
            return Value("logical", (1, 1), [document])
        case int() | float():
            return double(document)
        case str():
            return char(document)
        case list():
            return _matrix(document)
        case {"mwdata": str(text), **rest} if not rest and text in _NON_FINITE:
            return double(_NON_FINITE[text])
        case {"mwdata": _, "mwtype": _}:
            return _large(document)
        case dict():
            return Value("struct", (1, 1), {name: decode(value) for name, value in document.items()})
    raise InvalidValue(f"{document!r} is no MATLAB value")


def encode(value: Value, *, mode: str = "large", nan: str = "string") -> Any:
    """In large notation, or in small notation where the type has one."""
    if mode == "small" and not value.complex:
        if value.mwtype in ("double", "logical"):
            items = [_number(each, nan) for each in value.data]
            return items[0] if value.size == (1, 1) else _rows(items, value.size)
        if value.mwtype == "char":
            return value.data
        if value.mwtype == "struct":
            return {name: encode(each, mode=mode, nan=nan) for name, each in value.data.items()}
    if value.mwtype == "struct":
        data: Any = {name: [encode(each, mode=mode, nan=nan)] for name, each in value.data.items()}
    elif value.mwtype == "cell":
        data = [encode(each, mode=mode, nan=nan) for each in value.data]
    elif value.mwtype == "char":
        data = [value.data]
    else:
        data = [_number(each, nan) for each in value.data]
    large = {"mwdata": data, "mwsize": list(value.size), "mwtype": value.mwtype}
    return large | {"mwcomplex": True} if value.complex else large


def _matrix(rows: list[Any]) -> Value:
    if not all(isinstance(each, list) for each in rows):
        rows = [rows]
    width = len(rows[0]) if rows else 0
    if any(len(each) != width for each in rows):
        raise InvalidValue("rows of a matrix have one length")
    cells = [decode(each) for column in range(width) for each in (one[column] for one in rows)]
    types = {each.mwtype for each in cells} or {"double"}
    if len(types) > 1 or not types <= {"double", "logical"}:
        raise InvalidValue("a matrix has elements of one type")
    return Value(types.pop(), (len(rows), width), [each.scalar for each in cells])


def _large(document: dict[str, Any]) -> Value:
    mwtype, data = document["mwtype"], document["mwdata"]
    match mwtype:
        case "char":
            return char("".join(data))
        case "struct":
            return Value("struct", (1, 1), {name: decode(each[0]) for name, each in data.items()})
        case "cell":
            data = [decode(each) for each in data]
        case "double" | "single":
            data = [_NON_FINITE[each] if isinstance(each, str) else decode(each).scalar for each in data]
    size = tuple(document.get("mwsize", (1, len(data))))
    complex_ = bool(document.get("mwcomplex"))
    if len(data) != math.prod(size) * (2 if complex_ else 1):
        raise InvalidValue("mwsize does not fit mwdata")
    return Value(mwtype, size, data, complex_)


def _rows(items: list[Any], size: tuple[int, ...]) -> list[Any]:
    height, width = size
    return [[items[column * height + line] for column in range(width)] for line in range(height)]


def _number(number: Any, nan: str) -> Any:
    if not isinstance(number, float) or math.isfinite(number):
        return int(number) if isinstance(number, float) and number.is_integer() else number
    text = "NaN" if math.isnan(number) else "Inf" if number > 0 else "-Inf"
    return {"mwdata": text} if nan == "object" else text
