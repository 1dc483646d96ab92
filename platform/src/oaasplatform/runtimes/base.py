"""What the platform asks of a container engine.

A driver holds no state that matters: everything it needs to find its units again is in labels (or files) next to
them, so that a node that was killed adopts them on its next start. Drivers know nothing of databases, executions or
protocols. All methods are safe to repeat.

Errors: ``EngineUnavailable`` when the engine does not answer, ``ImageUnavailable`` and ``UnitFailed`` with the
engine's words otherwise. Engine-specific exceptions never leave a driver.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oaasplatform.domain.deployments import Stack
from oaasplatform.domain.images import Image
from oaasplatform.domain.quotas import Enforcement, Quota


@dataclass(frozen=True, kw_only=True)
class EngineInfo:
    """The engine behind a runtime."""

    name: str
    """``docker``, ``process``, ..."""
    version: str
    cpu: float
    """Cores that instances may share."""
    ram: int
    """Bytes."""
    disk: int
    """Bytes free where instances write."""
    isolates: bool
    """Whether quotas and isolation are enforced at all."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What one registry wants to know before it hands out an image."""

    username: str
    password: str = field(repr=False)


class UnitState(StrEnum):
    """State of a unit in the engine."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, kw_only=True)
class UnitSpec:
    """A container to be: instance ``instance_id`` in its ``generation``-th life."""

    instance_id: int
    generation: int
    reference: str
    digest: str
    port: int
    """Port the algorithm repository listens on inside."""
    quota: Quota
    environment: Mapping[str, str] = field(default_factory=dict)
    credentials: Credentials | None = None
    """For the registry of ``digest``, should the engine have lost the image."""
    writable: bool = False
    """A writable root file system and the image's own user, instead of a read-only one and nobody."""
    stack: Stack | None = None
    """The containers that make up the unit, if it isn't a single one; ``digest`` is that of the one that answers."""
    stack_credentials: Mapping[str, Credentials] = field(default_factory=dict)
    """By service."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A container as the engine sees it."""

    id: str
    instance_id: int
    generation: int
    state: UnitState
    base_url: str | None
    """``http://address:port`` as the node reaches it; None while it is not known."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Of its containers by the names of their services; a single one is ``main``."""
    run_id: str | None = None
    """The run whose container this is: then it is a job and no unit of the instance's own."""
    ended_service: str | None = None
    """Which service of a stack has ended."""
    reason: str | None = None
    """What a stack waits for that is created but does not run yet, or why it counts as ended though nothing in it has,
    as a clause."""
    exit_code: int | None = None
    out_of_memory: bool = False
    """Whether the unit as a whole ended because its memory limit was reached."""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class UnitStats:
    """Use of resources right now."""

    cpu: float
    """Cores in use, averaged over the engine's last sampling period."""
    memory: int
    """Bytes."""
    memory_limit: int | None
    pids: int
    network_received: int
    """Bytes since the start; 0 where the engine can't tell."""
    network_sent: int


class Runtime(Protocol):
    """A driver. ``open`` comes first, ``close`` last; ``close`` leaves all units running."""

    @property
    def name(self) -> str:
        """``docker``, ``process``, ..."""
        ...

    async def open(self) -> None:
        """Connect, and make what all units share (a network, a directory)."""
        ...

    async def close(self) -> None:
        """Free the node's own resources."""
        ...

    @property
    def cleanup_command(self) -> str:
        """What to type to remove everything of this node when the node itself is gone."""
        ...

    async def info(self) -> EngineInfo:
        """Ask the engine who it is and what it has. Doubles as the health check."""
        ...

    @property
    def callback_host(self) -> str:
        """Address of the node as units reach it; known after ``open``."""
        ...

    async def prepare(
        self,
        reference: str,
        *,
        refresh: bool = False,
        on_progress: Callable[[str], None] | None = None,
        credentials: Credentials | None = None,
    ) -> Image:
        """Make an image available and say what it is.

        A local image is taken as it is unless ``refresh`` asks the registry again; ``refresh`` keeps a local image
        that no registry knows (it was built here). Who wants the same image with the same ``credentials`` while it is
        on its way waits for it. ``on_progress`` gets a sentence now and then.
        """
        ...

    def enforceable(self, quota: Quota, *, writable: bool = False) -> dict[str, Enforcement]:
        """For each part of the quota that is set, by JSON name: whether this engine on this host can enforce it.

        ``writable``: for units with a writable root file system.
        """
        ...

    async def start(self, spec: UnitSpec) -> tuple[Unit, dict[str, Enforcement]]:
        """Create and start a unit, or adopt the one of the same instance and generation. Says what holds of the quota.

        An adopted unit may have ended already; it is returned as it is, never started a second time. A stack whose
        services wait for each other is returned as ``CREATED``: repeat the call until it is something else.

        Raises:
            UnitFailed, ImageUnavailable: nothing is left behind.
            EngineUnavailable: what was made already is adopted by the next try.
        """
        ...

    async def stop(self, unit_id: str, *, grace: float = 5.0) -> None:
        """Ask the unit to end, kill it after ``grace`` seconds; it stays listed as exited. Unknown ids are fine."""
        ...

    async def remove(self, unit_id: str) -> None:
        """Kill the unit and forget everything that belongs to it. Unknown ids are fine."""
        ...

    async def units(self) -> list[Unit]:
        """Every unit of this node, running or not."""
        ...

    def logs(
        self, unit_id: str, *, tail: int | None = None, follow: bool = False, service: str | None = None
    ) -> AsyncIterator[bytes]:
        """What the unit wrote to stdout and stderr, in chunks, oldest first; ``tail`` limits it to the last lines.

        Old parts of a long log may be gone. ``follow`` goes on until the unit ends. An unknown unit has no log. Each
        line of a stack begins with the name of its service, unless one ``service`` alone is asked for.
        """
        ...

    async def stats(self, unit_id: str) -> UnitStats:
        """Measure a running unit. Raises ``WrongState`` when it does not run."""
        ...

    def events(self) -> AsyncIterator[None]:
        """Yield whenever units may have changed. A hint only: it may be late, spurious, or stop; not relied on.

        The first hint comes at once. The stream ends without an error when the engine stops answering.
        """
        ...

    async def purge(self) -> None:
        """Remove every unit and everything that units share (networks, volumes, files) of this node.

        ``open`` makes what is shared again. Works without ``open``, to clean up after a node that is gone.
        """
        ...
