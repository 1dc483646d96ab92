"""Shapes of ``/algorithmExecutions``, as msgspec structs: inputs and outputs pass through as raw JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from oaasplatform.domain.cancellations import canceller_of
from oaasplatform.domain.causes import ADVICE, Cause, cause_of
from oaasplatform.domain.executions import Attempt, Execution, Forecast
from oaasplatform.domain.webhooks import URL_LENGTH

INLINE_OUTPUT_BYTES = 256 * 1024
"""Outputs up to this size are part of the execution's view; larger ones have ``outputBytes`` only."""


class ExecutionCreate(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Submit a run of an algorithm."""

    algorithm_id: int
    input: Annotated[msgspec.Raw, Meta(description="The algorithm's input, any JSON.")]
    algorithm_repository_instance_id: Annotated[
        int | None,
        Meta(description="Run there and nowhere else; default: any free instance of the repository."),
    ] = None
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


class CancellerView(msgspec.Struct, rename="camel", kw_only=True):
    """Who stopped an execution."""

    user_id: Annotated[str | None, Meta(description="Null: the operator of the node.")]
    reason: str | None


class ExecutionView(msgspec.Struct, rename="camel", kw_only=True):
    """An execution."""

    id: int
    sequence: Annotated[int, Meta(description="Number of its newest change, from 1.")]
    algorithm_id: int
    algorithm_name: str
    algorithm_version: Annotated[str, Meta(description="When it was submitted.")]
    algorithm_repository_id: int
    algorithm_repository_instance_id: int | None
    state: str
    status: Annotated[int, Meta(description="0 success, -1 error, 1 running, 2 not yet started.")]
    reason: Annotated[str | None, Meta(description="What a waiting execution waits for.")]
    position: Annotated[int | None, Meta(description="Place of a waiting execution in the queue; 1 is next.")]
    estimated_start_in_seconds: Annotated[
        float | None, Meta(description="Of a waiting execution, as the last runs of the algorithm took.")
    ]
    priority: int
    attempt: Annotated[int, Meta(description="How often it was started.")]
    max_attempts: int
    max_running_time_in_seconds: float | None
    user_id: str | None
    callback_url: Annotated[str | None, Meta(description="Where its changes are posted.")]
    progress_message: str | None
    progress_fraction: Annotated[float | None, Meta(description="0..1")]
    incumbent: Annotated[
        dict[str, Any] | None, Meta(description="objective, bound and gap of the best solution so far.")
    ]
    error: Annotated[dict[str, Any] | None, Meta(description="type, message and details.")]
    cause: Annotated[Cause | None, Meta(description="Why it did not succeed, in one of a fixed set of words.")]
    advice: Annotated[str | None, Meta(description="What to do about the cause.")]
    cancelled_by: Annotated[CancellerView | None, Meta(description="Who stopped it, if somebody did.")]
    cpu_time_in_seconds: float | None
    created_at: datetime
    modified_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    image_digest: Annotated[str | None, Meta(description="Of the image that the newest attempt ran.")]
    quota_information: Annotated[
        dict[str, Any] | None, Meta(description="Of the instance that the newest attempt ran on.")
    ]
    input_hash: Annotated[str | None, Meta(description="SHA-256 of the input as it came.")]
    batch_id: Annotated[int | None, Meta(description="The batch that it was submitted with.")]
    output_bytes: Annotated[int | None, Meta(description="Size of the output, when there is one.")]
    output: Annotated[
        msgspec.Raw | UnsetType,
        Meta(description="The output, unless it is large: then GET /{id}/output has it."),
    ] = UNSET


class ExecutionPage(msgspec.Struct):
    """One page of executions, newest first."""

    items: list[ExecutionView]
    next: str | None


class AttemptView(msgspec.Struct, rename="camel", kw_only=True):
    """One start of an execution."""

    attempt: Annotated[int, Meta(description="From 1.")]
    algorithm_repository_instance_id: int | None
    started_at: datetime
    ended_at: Annotated[datetime | None, Meta(description="Null while it goes on.")]
    state: Annotated[str, Meta(description="What the execution was after it; `queued`: it has to start again.")]
    reason: Annotated[str | None, Meta(description="Why it ended, unless with success.")]


class Attempts(msgspec.Struct):
    """The starts of an execution, oldest first."""

    items: list[AttemptView]


class ForecastView(msgspec.Struct, rename="camel", kw_only=True):
    """What a submission would have to expect."""

    accepted: bool
    reason: Annotated[str, Meta(description="What it would wait for.")]
    position: int
    estimated_start_in_seconds: float | None


def forecast_view(forecast: Forecast) -> ForecastView:
    """The shape of a forecast for what would be accepted."""
    return ForecastView(
        accepted=True,
        reason=forecast.reason,
        position=forecast.position,
        estimated_start_in_seconds=forecast.seconds,
    )


def attempt_view(attempt: Attempt) -> AttemptView:
    """The shape of an attempt."""
    return AttemptView(
        attempt=attempt.number,
        algorithm_repository_instance_id=attempt.instance_id,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        state=attempt.state.value,
        reason=attempt.reason,
    )


def execution_view(
    execution: Execution, output: bytes | None = None, forecast: Forecast | None = None
) -> ExecutionView:
    """The shape of an execution; ``output`` and ``forecast`` are put in when given."""
    cause = cause_of(execution)
    canceller = canceller_of(execution.error)
    return ExecutionView(
        id=execution.id,
        sequence=execution.event_id,
        algorithm_id=execution.algorithm_id,
        algorithm_name=execution.algorithm_name,
        algorithm_version=execution.algorithm_version,
        algorithm_repository_id=execution.algorithm_repository_id,
        algorithm_repository_instance_id=execution.instance_id or execution.requested_instance_id,
        state=execution.state.value,
        status=execution.state.status,
        reason=execution.waiting_reason if forecast is None else forecast.reason,
        position=None if forecast is None else forecast.position,
        estimated_start_in_seconds=None if forecast is None else forecast.seconds,
        priority=execution.priority,
        attempt=execution.attempt,
        max_attempts=execution.max_attempts,
        max_running_time_in_seconds=execution.max_running_time,
        user_id=execution.user_id,
        callback_url=execution.callback_url,
        progress_message=execution.progress_message,
        progress_fraction=execution.progress_fraction,
        incumbent=execution.incumbent,
        error=execution.error,
        cause=cause,
        advice=None if cause is None else ADVICE[cause],
        cancelled_by=None if canceller is None else CancellerView(user_id=canceller.user_id, reason=canceller.reason),
        cpu_time_in_seconds=execution.cpu_time,
        created_at=execution.created_at,
        modified_at=execution.modified_at,
        queued_at=execution.queued_at,
        started_at=execution.started_at,
        finished_at=execution.finished_at,
        image_digest=execution.digest,
        quota_information=execution.quota,
        input_hash=None if execution.input_hash is None else execution.input_hash.hex(),
        batch_id=execution.batch_id,
        output_bytes=execution.output_bytes,
        output=UNSET if output is None else msgspec.Raw(output),
    )
