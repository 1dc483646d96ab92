"""The deployed archives: what a MATLAB programmer would have compiled."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from values import Value, char, double, row


class MatlabError(Exception):
    """``error(id, message)``"""

    def __init__(self, id_: str, message: str, where: str) -> None:
        super().__init__(message)
        self.id = id_
        self.stack = [{"file": f"/opt/{where}.m", "name": where, "line": 4}]


class Interrupted(Exception):
    """The request was cancelled."""


class Garbage(Exception):
    """The server is to answer something that is no JSON."""


@dataclass(frozen=True)
class Argument:
    """As in a file of function signatures."""

    name: str
    mwtype: str = "double"
    mwsize: tuple[int, ...] = (1, 1)
    help: str = ""
    typedef: str = ""

    def document(self) -> dict[str, Any]:
        """As discovery shows it."""
        said = {"name": self.name, "mwtype": self.mwtype, "mwsize": list(self.mwsize), "help": self.help}
        return said | {"typedef": self.typedef} if self.typedef else said


@dataclass(frozen=True)
class Function:
    """``body`` gets the event of a cancellation and the arguments, and returns all results."""

    body: Callable[..., tuple[Value, ...]]
    help: str = ""
    inputs: tuple[Argument, ...] = ()
    outputs: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Archive:
    """A CTF file."""

    functions: dict[str, Function]
    typedefs: dict[str, Any] = field(default_factory=dict)
    discoverable: bool = True


def _add(_: threading.Event, a: Value, b: Value) -> tuple[Value, ...]:
    if {a.mwtype, b.mwtype} != {"double"}:
        raise MatlabError("MATLAB:dimagree", "Arrays have incompatible sizes for this operation.", "add")
    return (double(a.scalar + b.scalar),)


def _sleep(cancelled: threading.Event, seconds: Value) -> tuple[Value, ...]:
    print(f"sleeping {seconds.scalar:g}", flush=True)
    if cancelled.wait(seconds.scalar):
        raise Interrupted
    return (seconds,)


def _count(cancelled: threading.Event, steps: Value, seconds: Value) -> tuple[Value, ...]:
    if cancelled.wait(seconds.scalar):
        raise Interrupted
    return (steps,)


def _fail(_: threading.Event, message: Value) -> tuple[Value, ...]:
    raise MatlabError("conformance:noWay", message.data, "fail")


def _big(_: threading.Event, size: Value) -> tuple[Value, ...]:
    return (char("x" * int(size.scalar)),)


def _garbage(_: threading.Event) -> tuple[Value, ...]:
    raise Garbage


def _extremes(_: threading.Event) -> tuple[Value, ...]:
    return double(math.nan), row([-math.inf, 1.0, math.inf]), char("NaN")


def _next64(_: threading.Event, n: Value) -> tuple[Value, ...]:
    return (Value("int64", (1, 1), [n.scalar + 1]),)


def _roots(_: threading.Event) -> tuple[Value, ...]:
    return (Value("double", (2, 1), [0.0, 1.0, 0.0, -1.0], complex=True),)


def _site(_: threading.Event, site: Value) -> tuple[Value, ...]:
    name, cost = site.data["name"], site.data["cost"]
    return Value("struct", (1, 1), {"name": name, "cost": double(cost.scalar * 2)}), Value("cell", (1, 2), [name, cost])


def _transpose(_: threading.Event, matrix: Value) -> tuple[Value, ...]:
    height, width = matrix.size
    data = [matrix.data[column * height + line] for line in range(height) for column in range(width)]
    return (Value(matrix.mwtype, (width, height), data),)


def _total(_: threading.Event, *numbers: Value) -> tuple[Value, ...]:
    return (double(sum(each.scalar for each in numbers)),)


def _stubborn(_: threading.Event, seconds: Value) -> tuple[Value, ...]:
    time.sleep(seconds.scalar)  # as a solver in native code, which nothing interrupts
    return (seconds,)


def _object(_: threading.Event) -> tuple[Value, ...]:
    return (Value("function_handle", (1, 1), None),)


_SITE = (Argument("name", "char", (), "Of the site."), Argument("cost"))
_SECONDS = Argument("seconds", help="How long.")

ARCHIVES = {
    "conformance": Archive(
        {
            "add": Function(_add, "ADD Adds two numbers.", (Argument("a"), Argument("b")), (Argument("sum"),)),
            "sleep": Function(_sleep, "Does nothing for a while.", (_SECONDS,), (Argument("slept"),)),
            "count": Function(_count, "Counts.", (Argument("steps"), _SECONDS), (Argument("steps"),)),
            "fail": Function(_fail, "Fails.", (Argument("message", "char", ()),)),
            "big": Function(_big, "Has a large output.", (Argument("bytes"),), (Argument("text", "char", ()),)),
            "garbage": Function(_garbage, "Has an output that is not JSON.", (), (Argument("what"),)),
        }
    ),
    "values": Archive(
        {
            "extremes": Function(
                _extremes, outputs=(Argument("nan"), Argument("row", mwsize=(1, 3)), Argument("text", "char", ()))
            ),
            "next64": Function(_next64, inputs=(Argument("n", "int64"),), outputs=(Argument("m", "int64"),)),
            "roots": Function(_roots, outputs=(Argument("r", mwsize=(2, 1)),)),
            "site": Function(
                _site,
                inputs=(Argument("site", "struct", typedef="Site"),),
                outputs=(Argument("double", "struct", typedef="Site"), Argument("list", "cell", (1, 2))),
            ),
            "transpose": Function(_transpose, inputs=(Argument("m", mwsize=()),), outputs=(Argument("t", mwsize=()),)),
            "total": Function(_total, inputs=(Argument("varargin", "", ()),), outputs=(Argument("total"),)),
            "stubborn": Function(_stubborn, inputs=(_SECONDS,), outputs=(Argument("slept"),)),
            "object": Function(_object, outputs=(Argument("handle", "function_handle"),)),
        },
        {"Site": {"mwtype": "struct", "help": "A place.", "fields": [each.document() for each in _SITE]}},
    ),
    "hidden": Archive({"add": Function(_add), "transpose": Function(_transpose)}, discoverable=False),
}


def discovery() -> dict[str, Any]:
    """``GET /api/discovery``"""
    return {
        "discoverySchemaVersion": "1.0.0",
        "archives": {
            name: {
                "archiveSchemaVersion": "1.1.0",
                "archiveUuid": f"{name}_73BCCE8B5FFFB984888169285CBA8A31",
                "name": name,
                "matlabRuntimeVersion": "9.12.0",
                "functions": {each: {"signatures": [_signature(what)]} for each, what in archive.functions.items()},
                "typedefs": archive.typedefs,
            }
            for name, archive in ARCHIVES.items()
            if archive.discoverable
        },
    }


def _signature(function: Function) -> dict[str, Any]:
    return {
        "help": function.help,
        "inputs": [each.document() for each in function.inputs],
        "outputs": [each.document() for each in function.outputs],
    }
