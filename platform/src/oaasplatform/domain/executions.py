"""The life cycle of an execution: the only place that knows states and transitions.

``database.queries.executions`` guards every transition with ``WHERE state = ANY(sources(target))``, so that late,
repeated or competing messages cannot corrupt a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.repositories import Algorithm
from oaasplatform.domain.targets import Run, Target


class ExecutionState(StrEnum):
    """States of an execution; the last four are terminal and never change."""

    CREATED = "created"
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def terminal(self) -> bool:
        """Whether nothing can happen to the execution any more."""
        return self in TERMINAL

    @property
    def finished_by_itself(self) -> bool:
        """Whether the run ended on its instance, rather than being given up here."""
        return self in (ExecutionState.SUCCEEDED, ExecutionState.FAILED)

    @property
    def status(self) -> int:
        """The integer that older clients know: 0 success, -1 error, 1 running, 2 not yet started."""
        return _STATUS[self]


TERMINAL = frozenset(
    {ExecutionState.SUCCEEDED, ExecutionState.FAILED, ExecutionState.CANCELLED, ExecutionState.TIMED_OUT}
)
ACTIVE = frozenset({ExecutionState.STARTING, ExecutionState.RUNNING})
"""States in which an execution has an instance."""

_STATUS = {
    ExecutionState.CREATED: 2,
    ExecutionState.QUEUED: 2,
    ExecutionState.STARTING: 2,
    ExecutionState.RUNNING: 1,
    ExecutionState.SUCCEEDED: 0,
    ExecutionState.FAILED: -1,
    ExecutionState.CANCELLED: -1,
    ExecutionState.TIMED_OUT: -1,
}

TRANSITIONS: dict[ExecutionState, frozenset[ExecutionState]] = {
    ExecutionState.CREATED: frozenset({ExecutionState.QUEUED, ExecutionState.CANCELLED}),
    ExecutionState.QUEUED: frozenset({ExecutionState.STARTING, ExecutionState.CANCELLED, ExecutionState.FAILED}),
    # Back to `queued` is infrastructure loss or a busy instance.
    ExecutionState.STARTING: frozenset({ExecutionState.RUNNING, ExecutionState.QUEUED}) | TERMINAL,
    ExecutionState.RUNNING: frozenset({ExecutionState.QUEUED}) | TERMINAL,
    ExecutionState.SUCCEEDED: frozenset(),
    ExecutionState.FAILED: frozenset(),
    ExecutionState.CANCELLED: frozenset(),
    ExecutionState.TIMED_OUT: frozenset(),
}


def sources(target: ExecutionState) -> list[str]:
    """States from which ``target`` may be entered."""
    return [state.value for state, targets in TRANSITIONS.items() if target in targets]


class FailureType(StrEnum):
    """Values of ``error.type`` that the platform itself gives; algorithms may use any other."""

    TIME_LIMIT = "timeLimit"
    CANCELLED = "cancelled"
    OUT_OF_MEMORY = "outOfMemory"
    NOT_STARTED = "notStarted"
    """The engine refused the container of the run."""
    INPUT_REFUSED = "inputRefused"
    INVALID_OUTPUT = "invalidOutput"
    CONTRACT_BROKEN = "contractBroken"
    INFRASTRUCTURE_LOST = "infrastructureLost"
    INSTANCE_REMOVED = "instanceRemoved"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an algorithm as it is stored; input, output and logs live apart from it."""

    id: int
    algorithm_id: int
    algorithm_name: str
    algorithm_version: str
    algorithm_repository_id: int
    requested_instance_id: int | None
    instance_id: int | None
    digest: str | None
    """Of the image that the newest attempt ran."""
    quota: dict[str, Any] | None
    """Of the instance that the newest attempt ran on."""
    input_hash: bytes | None
    """SHA-256 of the input as it came."""
    batch_id: int | None
    """The batch that it was submitted with."""
    state: ExecutionState
    priority: int
    attempt: int
    max_attempts: int
    max_running_time: float | None
    """Seconds."""
    user_id: str | None
    callback_url: str | None
    progress_message: str | None
    progress_fraction: float | None
    incumbent: dict[str, Any] | None
    error: dict[str, Any] | None
    cpu_time: float | None
    """Seconds."""
    waiting_reason: str | None
    created_at: datetime
    modified_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    output_bytes: int | None
    event_id: int
    """Number of the newest event; rises by one with every visible change."""

    @property
    def run_id(self) -> str:
        """How the instance knows the current attempt."""
        return f"{self.id}-{self.attempt}"


class BaseSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """An execution to be, on a node or on a master."""

    input: bytes | LargeDocument
    """The input document as it came; a large one is stored already, and its number becomes that of the execution."""
    user_id: str | None = None
    callback_url: str | None = None
    priority: int = 0
    rank: float = 0.0
    """Place in the queue, the lowest first."""
    max_running_time: float | None = None
    """Seconds."""
    max_attempts: int = 2
    launch: bool = True
    batch_id: int | None = None
    idempotency_key: str | None = None
    request_hash: bytes = b""
    """What the key stands for."""


class Submission(BaseSubmission, frozen=True, kw_only=True):
    """An execution to be, on this node."""

    algorithm: Algorithm
    instance_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExecutionFilter:
    """Which executions are wanted; None is no condition."""

    states: Sequence[ExecutionState] | None = None
    algorithm_id: int | None = None
    instance_id: int | None = None
    user_id: str | None = None
    batch_id: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """An execution together with the instance its current attempt belongs to."""

    execution: Execution
    secret: str
    """Part of the callback URL; only the node and the run know it."""
    handle: str | None
    """``Run.handle``"""
    protocol: str
    target: Target

    @property
    def run(self) -> Run:
        """The current attempt as the instance knows it."""
        return Run(self.execution.run_id, self.handle)


@dataclass(frozen=True, kw_only=True)
class ReadyInstance:
    """An instance that takes executions."""

    id: int
    repository_id: int
    protocol: str
    target: Target
    concurrency: int
    launch_batch: int
    """Launches that it takes in one request."""
    standby: bool = False
    """Whether it takes executions only while no other ready instance of its repository has a free slot."""
    limited: bool = False
    """Whether its repository has a limit of executions at the same time, which each claim has to look at."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Instances of a repository with nothing in the queue before them: what is submitted may start there at once."""

    instances: Mapping[int, ReadyInstance]
    """By id."""
    term: int
    """In which the process leads; nothing starts when there is a newer one."""
    launch_seconds: float
    """The instance is asked what became of a run if its launch reports nothing until then."""
    deadline_grace: float
    """Seconds beyond the time limit that the instance has to report the time-out itself."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An execution that was just given a slot, with all that its launch needs."""

    assignment: Assignment
    reference: str
    """``Descriptor.reference`` of the algorithm."""
    input: bytes | int
    """Of a large one the number of the document."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One start of an execution."""

    number: int
    """From 1."""
    instance_id: int | None
    started_at: datetime
    ended_at: datetime | None
    """None while it goes on."""
    state: ExecutionState
    """What the execution was after it, ``queued`` if it has to start again, or is now."""
    reason: str | None
    """Why it ended, unless with success."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One visible change of an execution, with what it looked like then."""

    id: int
    execution: Execution


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a queued execution has to expect."""

    reason: str
    """What it waits for."""
    position: int
    """1 is next in the queue of the repository; what is further behind than some thousands is not counted out."""
    seconds: float | None
    """Until it starts, as the last runs of the algorithm took; None when nothing can be said."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """An execution as it was found, often at its end."""

    execution: Execution
    output: bytes | None = None
    """If there is one, and it was at hand."""
    forecast: Forecast | None = None
    """While it is queued."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended."""

    state: ExecutionState
    output: bytes | LargeDocument | None = None
    error: dict[str, Any] | None = None
    log: bytes | None = None
    """The whole log when it is known already, else None: then it is fetched from the instance."""

    @property
    def output_bytes(self) -> int | None:
        """Size of the output, if there is one."""
        if self.output is None:
            return None
        return self.output.size if isinstance(self.output, LargeDocument) else len(self.output)
