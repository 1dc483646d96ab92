"""Executions of the master: those of a node, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from oaasplatform.domain.executions import BaseSubmission, Execution, ExecutionFilter, ExecutionState
from oaasplatform.master.domain.placement import Wish


class FederatedExecution(Execution, frozen=True, kw_only=True):
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


class FederatedSubmission(BaseSubmission, frozen=True, kw_only=True):
    """An execution to be, on some node."""

    algorithm_id: int
    wish: Wish


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
