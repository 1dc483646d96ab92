"""Executions of the master: those of a node, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.executions import Execution, ExecutionFilter, ExecutionState
from oaasplatform.master.domain.placement import Wish


@dataclass(frozen=True, kw_only=True)
class FederatedExecution(Execution):
    """An execution that some node runs. What only the node can know is as the node has said it last."""

    wish: Wish
    """What it asks of a node."""
    node_id: int | None
    """None while it waits at the master."""
    remote_id: int | None
    """What the node calls it, once that is known."""
    node_unreachable: bool
    sequence: int
    """Of the newest message of this attempt."""

    @property
    def current(self) -> Attempt | None:
        """The attempt that its node has; None while no node has any."""
        return None if self.node_id is None else Attempt(self.id, self.attempt, self.node_id)


class Attempt(NamedTuple):
    """An execution as a node has it. What changes it is for this attempt, and for no other one."""

    execution_id: int
    number: int
    node_id: int


@dataclass(frozen=True, kw_only=True)
class FederatedSubmission:
    """An execution to be."""

    algorithm_id: int
    wish: Wish
    input: bytes | LargeDocument
    """The input document as it came; a large one is stored already, and its number becomes that of the execution."""
    user_id: str | None = None
    priority: int = 0
    rank: float = 0.0
    """Place in the queue, the lowest first."""
    max_running_time: float | None = None
    """Seconds."""
    max_attempts: int = 2
    launch: bool = True
    batch_id: int | None = None
    callback_url: str | None = None
    idempotency_key: str | None = None
    request_hash: bytes = b""
    """What the key stands for."""


@dataclass(frozen=True, kw_only=True)
class FederatedFilter(ExecutionFilter):
    """Which executions are wanted; None is no condition."""

    node_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An execution that a node is to have, with all that it takes to give it."""

    execution: FederatedExecution
    remote_algorithm_id: int | None
    """What the node calls the algorithm; None: it has it no more."""
    remote_repository_id: int | None
    """The same of its repository."""
    input: bytes | int
    """Of a large one the number of the document."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a node says of an execution of its own."""

    remote_id: int
    sequence: int
    """Rises with every change."""
    state: ExecutionState
    facts: dict[str, Any]
    """What it shows of how the run goes, as it is sent and stored."""
    started_at: datetime | None = None
    seconds: float | None = None
    """How long it ran, once it is over."""
    error: dict[str, Any] | None = None
    output: bytes | None = None
    """If it is small."""
    output_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Stray:
    """An attempt that is none of its execution's any more, and that its node may still have."""

    id: int
    execution_id: int
    attempt: int
    node_id: int
    remote_id: int | None


@dataclass(frozen=True, kw_only=True)
class LateResult:
    """How an attempt ended that had been given up: it is no result of the execution."""

    attempt: int
    node_id: int
    state: ExecutionState
    at: datetime
