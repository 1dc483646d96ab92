"""What a node tells about algorithms and executions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from oaas_sdk.contract import Incumbent, RunError

TERMINAL = frozenset({"succeeded", "failed", "cancelled", "timed_out"})
"""States in which an execution stays for ever."""

Item = TypeVar("Item")


class Algorithm(msgspec.Struct, rename="camel", kw_only=True, frozen=True):
    """An algorithm that the node can run."""

    id: int
    name: str
    version: str
    description: str
    """Markdown."""
    algorithm_repository_id: int
    algorithm_repository_name: str = ""
    input_schema: dict[str, Any] = {}
    output_schema: dict[str, Any] = {}
    error_schema: dict[str, Any] = {}
    examples: list[Any] = []
    """Inputs that run in reasonable time."""


class Execution(msgspec.Struct, rename="camel", kw_only=True, frozen=True):
    """An execution at one moment."""

    id: int
    algorithm_id: int
    algorithm_name: str
    algorithm_repository_instance_id: int | None = None
    """The instance that runs it, or was asked for."""
    state: str
    """``created``, ``queued``, ``starting``, ``running``, ``succeeded``, ``failed``, ``cancelled`` or ``timed_out``."""
    status: int
    """0 success, -1 error, 1 running, 2 not yet started."""
    reason: str | None = None
    """What a waiting execution waits for."""
    attempt: int = 0
    """How often it was started: lost instances are made good for."""
    progress_message: str | None = None
    progress_fraction: float | None = None
    """0..1"""
    incumbent: Incumbent | None = None
    """The best solution so far."""
    error: RunError | None = None
    cpu_time_in_seconds: float | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    output_bytes: int | None = None
    """Size of the output as JSON, when there is one."""
    inline_output: msgspec.Raw | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="output")
    """The output as JSON, unless it is large."""

    @property
    def finished(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.state in TERMINAL

    @property
    def succeeded(self) -> bool:
        """Whether it has ended with an output."""
        return self.state == "succeeded"


class Page(msgspec.Struct, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = None
    """Cursor of the next page."""


class Instance(msgspec.Struct, rename="camel"):
    """What the client needs to know of an instance."""

    algorithm_repository_id: int
