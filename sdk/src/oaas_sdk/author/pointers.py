"""From pydantic's errors to JSON pointers (RFC 6901)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from oaas_sdk.contract import FieldError

MAX_ERRORS = 100
"""Errors that are reported for one document; more help nobody."""


def to_pointer(path: Iterable[str | int]) -> str:
    """JSON pointer of a path of keys and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def field_errors(error: ValidationError, document: bytes | Any) -> list[FieldError]:
    """The places of ``document`` (JSON text or plain data) that pydantic refused."""
    data = _parse(document) if isinstance(document, bytes) else document
    found: dict[tuple[str, str], FieldError] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_ERRORS]:
        missing = item["type"] in ("missing", "missing_argument")
        field = FieldError(pointer=to_pointer(_real_path(item["loc"], data, missing)), detail=item["msg"])
        found.setdefault((field.pointer, field.detail), field)
    return list(found.values())


def _parse(document: bytes) -> Any:
    try:
        return json.loads(document)
    except ValueError:
        return None  # pydantic has reported it; there is no place to point to


def _real_path(location: tuple[str | int, ...], data: Any, missing: bool) -> Iterator[str | int]:
    """The parts of ``location`` that are keys or indices: pydantic also puts names of union members into it."""
    for number, part in enumerate(location):
        last = number == len(location) - 1
        try:
            data = data[part]
        except (TypeError, LookupError):
            if not (missing and last):
                continue
        yield part


def non_finite(data: Any) -> list[tuple[str | int, ...]]:
    """Paths of the floats in plain data that JSON cannot write (NaN and the infinities), at most ``MAX_ERRORS``."""
    found: list[tuple[str | int, ...]] = []
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while stack and len(found) < MAX_ERRORS:
        path, value = stack.pop()
        if isinstance(value, float):
            if not math.isfinite(value):
                found.append(path)
        elif isinstance(value, dict):
            stack.extend(((*path, key), item) for key, item in reversed(value.items()))
        elif isinstance(value, (list, tuple)):
            stack.extend(((*path, index), item) for index, item in reversed(list(enumerate(value))))
    return found
