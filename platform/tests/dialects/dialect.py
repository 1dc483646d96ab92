"""What the conformance table needs to know about a dialect, and how its server images are made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Variant(StrEnum):
    """How a server image starts; it reads the environment variable ``START``."""

    NORMAL = "normal"
    SLOW = "slow"
    """Ready after 5 seconds; until then it answers (or not) as servers of its kind do."""
    NEVER = "never"
    """Never ready, and never ends."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """The image of an algorithm that has one of its own."""

    build: Callable[[str, Variant], str]
    """See ``Dialect.build``."""
    proof: tuple[Any, Any] | None = None
    """Input and output of a short run that shows that the instance is as good as new, where a test wants to see it."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One row of the table. The servers of all dialects have the same algorithms:

    ``add`` ``{"a": 2, "b": 3}`` → ``{"sum": 5}``; its schema wants both, as numbers;
    ``sleep`` ``{"seconds": 2.5}`` → ``{"slept": 2.5}``, and its log has the line ``sleeping 2.5``;
    ``count`` ``{"steps": 5, "seconds": 2}`` → ``{"steps": 5}``, with progress after each step;
    ``fail`` ``{"message": "no way"}`` → an error with this message, raised by the algorithm;
    ``big`` ``{"bytes": 20000000}`` → ``{"text": "xxx..."}``;
    ``garbage`` ``{}`` → an output that is not JSON.
    """

    name: str
    """As in ``protocol`` of a registration."""
    build: Callable[[str, Variant], str]
    """Make an image on a base image with Python, and return its name."""
    apart: Mapping[str, Apart] = field(default_factory=dict)
    """For dialects with one algorithm an image: all but ``add``, which ``build`` makes."""
    registration: Mapping[str, Any] = field(default_factory=dict)
    """What ``POST /algorithmRepositories`` needs beside name and image."""
    quota: Mapping[str, Any] = field(default_factory=lambda: {"cpu": 0.5, "ram": "256MB"})
    """What an instance needs to get through the table."""
    victim: str | None = None
    """The service of a stack that is killed; None: the only container."""
    lacks: frozenset[str] = frozenset()
    """Behaviours that the dialect does not have: names of tests in ``test_dialects.py`` without ``test_``."""


def started_as(image: str, variant: Variant) -> str:
    """The same image with another start."""
    tag = f"{image}-{variant}"
    dockerfile = f"FROM {image}\nENV START={variant}\n"
    command = ["docker", "build", "--quiet", "--tag", tag, "-"]
    done = subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{tag} could not be built:\n{done.stdout}\n{done.stderr}"
    return tag


def docker_build(directory: Path, tag: str, base_image: str, **arguments: str) -> str:
    """Build an image from the Dockerfile in a directory, with ``ARG BASE_IMAGE`` and others; returns the tag."""
    command = ["docker", "build", "--quiet", "--tag", tag, "--build-arg", f"BASE_IMAGE={base_image}"]
    for name, value in arguments.items():
        command += ["--build-arg", f"{name}={value}"]
    done = subprocess.run([*command, str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{tag} could not be built:\n{done.stdout}\n{done.stderr}"
    return tag
