"""Each end without success has a cause of its own, and each cause a next step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from oaas_sdk.contract import ErrorType
from oaasplatform.domain.cancellations import Canceller, cancelled
from oaasplatform.domain.causes import ADVICE, Cause, cause_of
from oaasplatform.domain.executions import Execution, ExecutionState, FailureType

NOW = datetime.now(UTC)
GIVEN: dict[str, Any] = {
    "id": 1,
    "algorithm_id": 1,
    "algorithm_name": "noop",
    "algorithm_version": "1",
    "algorithm_repository_id": 1,
    "state": ExecutionState.FAILED,
    "priority": 0,
    "attempt": 1,
    "max_attempts": 2,
    "created_at": NOW,
    "modified_at": NOW,
    "event_id": 3,
}
EXECUTION = Execution(**{**dict.fromkeys(Execution.__struct_fields__), **GIVEN})


def _failed(type_: str, message: str = "") -> Execution:
    return structs.replace(EXECUTION, error={"type": type_, "message": message, "details": None})


def _timed_out(incumbent: dict[str, Any] | None) -> Execution:
    return structs.replace(_failed("timeLimit"), state=ExecutionState.TIMED_OUT, incumbent=incumbent)


def _stopped(by: Canceller) -> Execution:
    return structs.replace(EXECUTION, state=ExecutionState.CANCELLED, error=cancelled(by))


@pytest.mark.parametrize(
    ("execution", "cause"),
    [
        (_timed_out({"objective": 1.0}), Cause.TIME_LIMIT_WITH_SOLUTION),
        (_timed_out(None), Cause.TIME_LIMIT_WITHOUT_SOLUTION),
        (_failed(FailureType.OUT_OF_MEMORY), Cause.OUT_OF_MEMORY),
        (_failed("MemoryError"), Cause.OUT_OF_MEMORY),
        (_failed("OSError", "[Errno 28] No space left on device: '/tmp/x'"), Cause.QUOTA),
        (_failed("OSError", "[Errno 2] No such file"), Cause.ALGORITHM_ERROR),
        (_failed("RuntimeError", "can't start new thread"), Cause.QUOTA),
        (_failed("infeasible", "[Errno 28]"), Cause.ALGORITHM_ERROR),
        (_failed(ErrorType.WORKER_DIED), Cause.CRASHED),
        (_failed(FailureType.INVALID_OUTPUT), Cause.INVALID_OUTPUT),
        (_failed(FailureType.INPUT_REFUSED), Cause.INPUT_REFUSED),
        (_failed(FailureType.CONTRACT_BROKEN), Cause.CONTRACT_BROKEN),
        (_failed(FailureType.NOT_STARTED), Cause.NOT_STARTED),
        (_failed(FailureType.INFRASTRUCTURE_LOST), Cause.INFRASTRUCTURE_LOST),
        (_failed(FailureType.INSTANCE_REMOVED), Cause.INSTANCE_REMOVED),
        (_failed(ErrorType.STOPPED), Cause.STOPPED_AT_INSTANCE),
        (_stopped(Canceller(user_id="ada")), Cause.CANCELLED_BY_USER),
        (_stopped(Canceller()), Cause.CANCELLED_BY_OPERATOR),
        (structs.replace(EXECUTION, state=ExecutionState.SUCCEEDED), None),
    ],
)
def test_causes(execution: Execution, cause: Cause | None) -> None:
    assert cause_of(execution) is cause


def test_no_type_of_the_platform_is_taken_for_the_algorithms() -> None:
    for type_ in FailureType:
        assert cause_of(_failed(type_)) is not Cause.ALGORITHM_ERROR or type_ is FailureType.TIME_LIMIT


def test_each_has_a_next_step_of_its_own() -> None:
    assert set(ADVICE) == set(Cause)
    assert len(set(ADVICE.values())) == len(Cause)
