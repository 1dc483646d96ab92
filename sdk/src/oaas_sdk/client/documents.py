"""From Python values to JSON documents."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic_core import to_json


def encode(value: Any) -> bytes:
    """The JSON document for plain data, pydantic models, dataclasses, numpy arrays and what is made of them.

    Raises:
        ValueError: it holds NaN, an infinite number, or something else that JSON has no notion of.
    """
    document = to_json(value, by_alias=True, inf_nan_mode="constants", fallback=_plain)
    if b"NaN" in document or b"Infinity" in document:  # perhaps in a text only
        try:
            msgspec.json.decode(document)
        except msgspec.DecodeError:
            raise ValueError("NaN and infinite numbers do not exist in JSON") from None
    return document


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # numpy and its kin
        return value.tolist()
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    raise ValueError(f"a {type(value).__name__} has no form in JSON")
