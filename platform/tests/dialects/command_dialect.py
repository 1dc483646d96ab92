"""The dialect of programs that run to completion: what they are is said by a label of the image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dialect import Dialect, Variant, docker_build

_PROGRAMS = Path(__file__).parent / "command"


def _object(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": type_} for name, type_ in properties.items()},
        "required": list(properties),
    }


_INPUTS = {
    "add": _object(a="number", b="number"),
    "sleep": _object(seconds="number"),
    "count": _object(steps="integer", seconds="number"),
    "fail": _object(message="string"),
    "big": _object(bytes="integer"),
    "hog": _object(bytes="integer"),
    "garbage": {"type": "object"},
}
PROGRESS = (
    r"^(?P<message>step \d+ of \d+), (?P<percent>\d+) % done, "
    r"best (?P<objective>\S+) bound (?P<bound>\S+) gap (?P<gap>\S+)"
)


def description() -> list[dict[str, Any]]:
    """The label's value."""
    programs: list[dict[str, Any]] = [
        {
            "name": name,
            "command": ["python3", "/opt/solve.py", name],
            "inputSchema": schema,
            "progress": PROGRESS,
            "grace": 1,
        }
        for name, schema in _INPUTS.items()
    ]
    by_files = {
        "name": "add-files",
        "command": ["sh", "/opt/solve.sh"],
        "input": "/work/input.json",
        "output": "/work/output.json",
        "inputSchema": _INPUTS["add"],
    }
    return [*programs, by_files, {**by_files, "name": "nothing-written", "command": ["true"]}]


def _build(base_image: str, variant: Variant) -> str:
    # Docker takes quotes in build arguments as they are; in a LABEL line they would have to be escaped.
    return docker_build(_PROGRAMS, "oaas-test-command", base_image, DESCRIPTION=json.dumps(description()))


DIALECT = Dialect(name="command", build=_build, lacks=frozenset({"slow_start", "never_ready"}))
