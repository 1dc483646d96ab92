"""Shapes of ``/algorithmExecutions`` of the master: those of a node, and where executions are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from oaasplatform.domain.executions import Execution
from oaasplatform.domain.webhooks import URL_LENGTH
from oaasplatform.master.domain.executions import FederatedExecution, LateResult
from oaasplatform.schemas.executions import ExecutionView, execution_view

Label = Annotated[str, Meta(min_length=1, max_length=200)]


class FederatedExecutionCreate(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Submit a run of an algorithm, on whichever node can run it best."""

    algorithm_id: int
    input: Annotated[msgspec.Raw, Meta(description="The algorithm's input, any JSON.")]
    affinity: Annotated[
        dict[Label, Label],
        Meta(description="Labels that the node must have, with these values.", max_length=16),
    ] = {}
    start_instance: Annotated[
        bool, Meta(description="Whether a node with room may start an instance for it if no slot is free.")
    ] = False
    max_running_time_in_seconds: (
        Annotated[float, Meta(gt=0, le=31_536_000, description="The run is stopped after that; default: no limit.")]
        | None
    ) = None
    priority: Annotated[int, Meta(ge=-100, le=100, description="Higher ones start first.")] = 0
    user_id: Annotated[str, Meta(max_length=200)] | None = None
    callback_url: (
        Annotated[
            str,
            Meta(
                max_length=URL_LENGTH,
                description="Every change of the execution is posted there, signed: see GET /callbacks/secret.",
            ),
        ]
        | None
    ) = None
    launch: Annotated[bool, Meta(description="False creates it only; POST to it launches it later.")] = True


class LateResultView(msgspec.Struct, rename="camel", kw_only=True):
    """How an attempt ended that had been given up with its node. It is no result of the execution."""

    attempt: int
    oaas_node_id: int
    state: str
    at: datetime


class FederatedExecutionView(ExecutionView, rename="camel", kw_only=True):
    """An execution, and where it is."""

    algorithm_repository_id: int | None  # type: ignore[assignment]
    algorithm_repository_name: str
    oaas_node_id: Annotated[int | None, Meta(description="The node that has it; null while it waits at the master.")]
    node_unreachable: Annotated[
        bool, Meta(description="Nothing is heard of its node. If that lasts, another one begins it again.")
    ]
    affinity: dict[str, str]
    start_instance: bool
    late_results: Annotated[
        list[LateResultView] | UnsetType, Meta(description="What came of attempts that had been given up.")
    ] = UNSET


class FederatedExecutionPage(msgspec.Struct):
    """One page of executions, newest first."""

    items: list[FederatedExecutionView]
    next: str | None


def federated_view(
    execution: Execution,
    output: bytes | None = None,
    *,
    reason: str | None = None,
    late: Sequence[LateResult] | None = None,
) -> FederatedExecutionView:
    """The shape of an execution; ``reason``: what it waits for."""
    assert isinstance(execution, FederatedExecution)
    view = execution_view(execution, output)
    shown = {name: getattr(view, name) for name in ExecutionView.__struct_fields__}
    shown |= {"algorithm_repository_id": None, "reason": reason or view.reason}
    return FederatedExecutionView(
        **shown,
        algorithm_repository_name=execution.wish.algorithm.repository,
        oaas_node_id=execution.node_id,
        node_unreachable=execution.node_unreachable,
        affinity=dict(execution.wish.affinity),
        start_instance=execution.wish.may_start,
        late_results=UNSET
        if late is None
        else [
            LateResultView(attempt=each.attempt, oaas_node_id=each.node_id, state=each.state.value, at=each.at)
            for each in late
        ],
    )
