"""Algorithms that the tests serve. Some behave badly on purpose."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from oaas_sdk import AlgorithmError, algorithm, incumbent, progress, should_stop

print("imported", os.getpid())


class Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Site(Wire):
    opening_cost: float = Field(ge=0, description="Cost of opening the site.")


class Costs(Wire):
    sites: list[Site]
    factor: float = 1.0


class Total(Wire):
    total_cost: float


class Deadly(BaseModel):
    @field_validator("*")
    @classmethod
    def end(cls, value: int) -> int:
        os._exit(value)

    code: int


@algorithm
def never_starts(input: Deadly) -> None:
    """Its input kills the worker before the run starts."""


@algorithm(id=7, name="total", version="2.1.0", examples=[Costs(sites=[Site(opening_cost=1)])])
def add(input: Costs) -> Total:
    """Adds opening costs.

    **Markdown** is welcome.
    """
    return Total(total_cost=input.factor * sum(site.opening_cost for site in input.sites))


@algorithm
def sleep(input: dict[str, float]) -> str:
    time.sleep(input["seconds"])
    return "slept"


@algorithm
def until_stopped(input: dict[str, Any]) -> float:
    best = 100.0
    while not should_stop():
        time.sleep(0.005)
        best -= 1
        incumbent(best, bound=0.0)
    return best


@algorithm
def count(input: int) -> int:
    for number in range(input):
        progress(number / input, f"step {number}")
        time.sleep(0.001)
    return input


@algorithm
def report_once(input: float) -> None:
    progress(0.25, "reading")
    progress(0.5, "solving")
    incumbent(12.0, bound=9.0)
    incumbent(float("inf"), bound=9.0)
    time.sleep(input)


@algorithm
def fail(input: str) -> None:
    if input == "infeasible":
        raise AlgorithmError("infeasible", "no capacity", details={"missing": 3})
    if input == "exit":
        sys.exit(4)
    raise KeyError(input)


@algorithm
def die(input: str) -> None:
    print("last words")
    if input == "exit":
        os._exit(3)
    elif input == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    ctypes.string_at(0)


@algorithm
def write(input: int) -> None:
    print("from python")
    os.write(1, b"from native code\n")
    ctypes.CDLL(None).printf(b"from libc, no newline;")
    subprocess.run(["echo", "from a child"], check=True)
    print("to stderr", file=sys.stderr)
    for _ in range(input):
        os.write(2, b"x" * 99 + b"\n")


@algorithm
def write_bytes(input: list[int]) -> None:
    os.write(1, bytes(input))
    time.sleep(0.3)  # so that the launch is answered before the end, which is a callback then


@algorithm
def log_and_sleep(input: float) -> None:
    print("sleeping")
    time.sleep(input)


@algorithm
def spawn(input: float) -> None:
    detached = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    same_group = subprocess.Popen(["sleep", "1000"])
    progress(message=f"{detached.pid} {same_group.pid}")
    time.sleep(input)


@algorithm
def orphan(input: float) -> int:
    """A grandchild whose parent ends: the server, or process 1, must reap it."""
    script = "sleep 0.1 & echo $!"
    return int(subprocess.run(["sh", "-c", script], check=True, capture_output=True).stdout)


@algorithm
def burn(input: float) -> None:
    end = time.process_time() + input
    while time.process_time() < end:
        pass
    subprocess.run([sys.executable, "-c", f"import time\nwhile time.process_time() < {input}: pass"], check=True)


@algorithm
def bad_output(input: str) -> Total:
    if input == "nan":
        return Total(total_cost=float("nan"))
    return {"wrong": 1}  # type: ignore[return-value]


@algorithm
def echo(input: Any) -> Any:
    return input


@algorithm
def log_once(input: str) -> None:
    print(input)


@algorithm
def repeat(input: int) -> str:
    return "x" * input
