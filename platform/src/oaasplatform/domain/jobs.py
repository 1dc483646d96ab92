"""Containers that run to completion: one for each run of the dialect ``command``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oaasplatform.domain.quotas import Quota


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """A container to be, for one run."""

    instance_id: int
    generation: int
    run_id: str
    digest: str
    quota: Quota
    command: tuple[str, ...] | None
    """Program and arguments; None: what the image itself starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    input: bytes
    input_path: str | None
    """Absolute path of the file that gets ``input``; None: it is written to standard input."""
    kept_output: int
    """Bytes of standard output and error that must not be lost."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A container of a run as the engine sees it."""

    id: str
    running: bool
    exit_code: int | None = None
    out_of_memory: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Jobs(Protocol):
    """What the dialect ``command`` needs of a container engine. All calls are safe to repeat.

    Raises ``EngineUnavailable`` when the engine does not answer.
    """

    async def start_job(self, spec: JobSpec) -> Job:
        """Make the container, hand the whole input over, and let it run. One that is there already is replaced.

        Raises:
            UnitFailed, ImageUnavailable: nothing is left behind.
        """
        ...

    async def find_job(self, instance_id: int, run_id: str) -> Job | None:
        """The container of a run, running or ended; None when there is none."""
        ...

    async def wait_job(self, job_id: str, seconds: float) -> bool:
        """Wait until it has ended, at most so long; whether it has (also when it is gone)."""
        ...

    def read_job(self, job_id: str, path: str | None) -> AsyncIterator[bytes]:
        """A file of an ended container, or, with None, its standard output, in chunks.

        Raises:
            NotFound: no such file.
        """
        ...

    def job_log(self, job_id: str, *, stdout: bool, tail: int | None = None) -> AsyncIterator[bytes]:
        """What it wrote to standard error and, if asked for, to standard output, oldest first.

        ``tail`` limits it to the last lines.
        """
        ...

    async def stop_job(self, job_id: str, *, grace: float) -> None:
        """SIGTERM, and SIGKILL after ``grace`` seconds. Unknown ids are fine."""
        ...

    async def remove_job(self, job_id: str) -> None:
        """Kill and forget it. Unknown ids are fine."""
        ...
