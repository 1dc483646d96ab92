"""The algorithms of the table of dialects, and some that end badly."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genson import SchemaBuilder  # type: ignore[import-not-found]


def add(input: dict[str, Any]) -> Any:
    return {"sum": input["a"] + input["b"]}


def sleep(input: dict[str, Any]) -> Any:
    print(f"sleeping {input['seconds']}")
    time.sleep(input["seconds"])
    return {"slept": input["seconds"]}


def count(input: dict[str, Any]) -> Any:
    for step in range(input["steps"]):
        print(f"step {step + 1} of {input['steps']}")
        time.sleep(input["seconds"] / input["steps"])
    return {"steps": input["steps"]}


def fail(input: dict[str, Any]) -> Any:
    raise ValueError(input["message"])


def big(input: dict[str, Any]) -> Any:
    return {"text": "x" * input["bytes"]}


def garbage(input: dict[str, Any]) -> Any:
    return {"cost": float("nan")}


def native(input: dict[str, Any]) -> Any:
    """A solver in C: until it returns, Python takes note of no signal."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", int(input["rounds"]))
    return {}


def crash(input: dict[str, Any]) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@dataclass(frozen=True)
class Algorithm:
    id: int
    function: Callable[[dict[str, Any]], Any]
    example: dict[str, Any]
    result: Any

    def described(self) -> dict[str, Any]:
        name = self.function.__name__
        return {
            "id": self.id,
            "name": name,
            "version": "1.0",
            "description": self.function.__doc__ or "",
            "module": f"src.algorithms.{name}",
            "input_schema": _schema_of(self.example),
            "output_schema": _schema_of(self.result),
        }


def _schema_of(example: Any) -> dict[str, Any]:
    """What repositories make of an example; of none, something that fits everything."""
    if not example:
        return {}
    builder = SchemaBuilder()
    builder.add_object(example)
    schema: dict[str, Any] = builder.to_schema()
    return schema


_TABLE: list[tuple[Callable[[dict[str, Any]], Any], dict[str, Any], Any]] = [
    (add, {"a": 1.5, "b": 2.5}, {"sum": 4.0}),
    (sleep, {"seconds": 2.5}, {"slept": 2.5}),
    (count, {"steps": 5, "seconds": 2.5}, {"steps": 5}),
    (fail, {"message": "no way"}, {}),
    (big, {"bytes": 1000}, {"text": "xxx"}),
    (garbage, {}, {}),
    (native, {"rounds": 1000}, {}),
    (crash, {}, {}),
]
ALGORITHMS = {number: Algorithm(number, *row) for number, row in enumerate(_TABLE, 1)}
