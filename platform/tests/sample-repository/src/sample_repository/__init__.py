"""Algorithms that the platform's tests run; some behave badly on purpose."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from oaas_sdk import AlgorithmError, algorithm, incumbent, progress, should_stop


@dataclass
class Numbers:
    """Input of ``noop``."""

    numbers: list[float]
    sleepSeconds: float = 0.0


@dataclass
class Sum:
    """Output of ``noop``."""

    sum: float


@algorithm(examples=[Numbers(numbers=[1, 2, 3])])
def noop(input: Numbers) -> Sum:
    """Adds numbers, to measure the platform."""
    if input.sleepSeconds:
        time.sleep(input.sleepSeconds)
    return Sum(sum=sum(input.numbers))


@algorithm
def search(input: float) -> dict[str, Any]:
    """Works for some seconds in small steps, with progress and incumbents, until it is done or interrupted."""
    began = time.monotonic()
    best = 1000.0
    print("the search begins", flush=True)
    while (passed := time.monotonic() - began) < input and not should_stop():
        time.sleep(0.02)
        best *= 0.99
        progress(passed / input, f"searching for {passed:.1f} s")
        incumbent(best, bound=1.0)
    os.write(1, b"the search ends\n")
    return {"best": best, "interrupted": should_stop()}


@algorithm
def stubborn(input: float) -> None:
    """Does not care about anything."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = time.monotonic() + input
    while time.monotonic() < end:
        time.sleep(0.05)


@algorithm
def fail(input: str) -> None:
    """Raises."""
    print("about to fail", flush=True)
    if input == "infeasible":
        raise AlgorithmError("infeasible", "no capacity left", details={"missing": 3})
    raise ValueError(input)


@algorithm
def crash(input: str) -> None:
    """Ends its process."""
    if input == "segfault":
        ctypes.string_at(0)
    os._exit(3)


@algorithm
def eat(input: int) -> int:
    """Takes so many megabytes of memory."""
    taken = [bytearray(os.urandom(1)) * 2**20 for _ in range(input)]
    return len(taken)


@algorithm
def large(input: int) -> str:
    """Returns so many characters."""
    return "x" * input


@algorithm
def echo(input: Any) -> Any:
    """Returns its input."""
    return input
