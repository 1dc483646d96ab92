"""How the containers of a repository are run, addressed and understood: what a registration says beside the image.

Stored as JSON with the repository (as asked) and, completed by discovery, with each of its instances.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

COMMAND = "command"
"""The dialect that has a container for each run, and so none that a stack could stand beside."""


class Condition(StrEnum):
    """What a service of a stack waits for in another one; the words of Compose."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a deployment."""


class HealthCheck(_Part, frozen=True, kw_only=True):
    """A command inside a container that ends with 0 when the service is healthy; times in seconds."""

    test: tuple[str, ...]
    """Program and arguments."""
    interval: float = 1.0
    timeout: float = 5.0
    retries: int = 30
    start_period: float = 0.0


class Mount(_Part, frozen=True, kw_only=True):
    """A volume of the stack in one of its containers."""

    volume: str
    path: str


class Service(_Part, frozen=True, kw_only=True):
    """One container of a stack. Fields are those of a Compose file where they mean the same."""

    image: str
    digest: str = ""
    """What the image resolved to; empty until discovery has run."""
    command: tuple[str, ...] | None = None
    user: str | None = None
    """Whom it runs as, by name or number, with a group if need be (``999:1000``); None: as the image says."""
    environment: dict[str, str] = {}
    volumes: tuple[Mount, ...] = ()
    depends_on: dict[str, Condition] = {}
    healthcheck: HealthCheck | None = None
    share: float = 1.0
    """Weight by which the quota of the instance is divided among the services."""


class Stack(_Part, frozen=True, kw_only=True):
    """A repository of several containers: they see each other by their names, and nobody else."""

    services: dict[str, Service]
    answers: str
    """The service that the platform talks to."""

    @property
    def shares(self) -> dict[str, float]:
        """Weights of the services."""
        return {name: service.share for name, service in self.services.items()}


class Command(_Part, frozen=True, kw_only=True):
    """A program that runs to completion, as an algorithm: dialect ``command``."""

    name: str
    version: str = "1.0.0"
    description: str = ""
    command: tuple[str, ...] | None = None
    """Program and arguments; None: what the image itself starts."""
    environment: dict[str, str] = {}
    input: str = "stdin"
    """``stdin``, or the absolute path of a file in the container."""
    output: str = "stdout"
    """``stdout``, or the absolute path of a file in the container."""
    input_schema: dict[str, Any] = {}
    output_schema: dict[str, Any] = {}
    examples: tuple[Any, ...] = ()
    progress: str | None = None
    """Regular expression for log lines; the named groups ``percent``, ``fraction``, ``message``, ``objective``,
    ``bound`` and ``gap`` say what was found."""
    grace: float = 5.0
    """Seconds between SIGTERM and SIGKILL when a run is stopped."""


class MatlabFunction(_Part, frozen=True, kw_only=True):
    """A function of a deployable archive, for servers whose discovery is off: dialect ``matlab``."""

    archive: str
    function: str
    inputs: tuple[str, ...] = ()
    """Names of the arguments, in their order."""
    outputs: tuple[str, ...] = ("result",)
    """Names of the results, in their order."""
    description: str = ""


class Deployment(_Part, frozen=True, kw_only=True):
    """Everything that a registration may say beside the image."""

    port: int | None = None
    """TCP port inside the container; None: the dialect's own."""
    ready_timeout: float | None = None
    """Seconds an instance may take until it answers; None: the node's default."""
    concurrency: int | None = None
    """Runs at the same time on an instance, for dialects that can't say; None: 1."""
    algorithm: str | None = None
    """Name of the algorithm, for dialects with one algorithm an image that has no name there; None: the image's."""
    stack: Stack | None = None
    commands: tuple[Command, ...] = ()
    functions: tuple[MatlabFunction, ...] = ()
