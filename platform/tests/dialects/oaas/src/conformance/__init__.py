"""The algorithms that the servers of all dialects have."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

from oaas_sdk import AlgorithmError, algorithm, progress

time.sleep({"slow": 5.0, "never": 3600.0}.get(os.environ.get("START", ""), 0.0))


@dataclass
class Terms:
    """Input of ``add``."""

    a: float
    b: float


@dataclass
class Pause:
    """Input of ``sleep``."""

    seconds: float


@dataclass
class Steps:
    """Input of ``count``."""

    steps: int
    seconds: float


@dataclass
class Message:
    """Input of ``fail``."""

    message: str


@dataclass
class Size:
    """Input of ``big``."""

    bytes: int


@algorithm(name="add")
def add(input: Terms) -> dict[str, float]:
    """Adds two numbers."""
    return {"sum": input.a + input.b}


@algorithm(name="sleep")
def pause(input: Pause) -> dict[str, float]:
    """Does nothing for a while."""
    print(f"sleeping {input.seconds}", flush=True)
    time.sleep(input.seconds)
    return {"slept": input.seconds}


@algorithm(name="count")
def count(input: Steps) -> dict[str, int]:
    """Counts, and says how far it is."""
    for step in range(1, input.steps + 1):
        time.sleep(input.seconds / input.steps)
        progress(step / input.steps, f"step {step} of {input.steps}")
    return {"steps": input.steps}


@algorithm(name="fail")
def fail(input: Message) -> None:
    """Fails."""
    raise AlgorithmError("conformance", input.message)


@algorithm(name="big")
def big(input: Size) -> dict[str, str]:
    """Has a large output."""
    return {"text": "x" * input.bytes}


@algorithm(name="garbage")
def garbage(input: dict[str, Any]) -> Any:
    """Has an output that is not JSON."""
    return {"what": object()}
