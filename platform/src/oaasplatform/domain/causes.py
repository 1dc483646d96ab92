"""Why executions end without success, each cause with what to do next."""

from __future__ import annotations

from enum import StrEnum

from oaas_sdk.contract import ErrorType
from oaasplatform.domain.cancellations import canceller_of
from oaasplatform.domain.executions import Execution, ExecutionState, FailureType


class Cause(StrEnum):
    """Why an execution did not succeed. ``error.type`` is closer to what happened: algorithms have their own types."""

    TIME_LIMIT_WITH_SOLUTION = "timeLimitWithSolution"
    TIME_LIMIT_WITHOUT_SOLUTION = "timeLimitWithoutSolution"
    OUT_OF_MEMORY = "outOfMemory"
    QUOTA = "quota"
    """A part of the quota other than memory."""
    ALGORITHM_ERROR = "algorithmError"
    CRASHED = "crashed"
    """The process of the algorithm ended by itself."""
    INPUT_REFUSED = "inputRefused"
    INVALID_OUTPUT = "invalidOutput"
    CONTRACT_BROKEN = "contractBroken"
    NOT_STARTED = "notStarted"
    INFRASTRUCTURE_LOST = "infrastructureLost"
    INSTANCE_REMOVED = "instanceRemoved"
    STOPPED_AT_INSTANCE = "stoppedAtInstance"
    """By somebody who asked the instance itself, past the platform."""
    CANCELLED_BY_USER = "cancelledByUser"
    CANCELLED_BY_OPERATOR = "cancelledByOperator"


ADVICE = {
    Cause.TIME_LIMIT_WITH_SOLUTION: "`incumbent` has the best solution that was reported before the limit. For a "
    "better one raise maxRunningTimeInSeconds; to get the solution itself as output, interrupt the run before.",
    Cause.TIME_LIMIT_WITHOUT_SOLUTION: "No solution was reported before the limit: raise maxRunningTimeInSeconds, or "
    "ask for less.",
    Cause.OUT_OF_MEMORY: "Give the instance more `ram` (PUT /algorithmRepositoriesInstances/{id}), and rerun it.",
    Cause.QUOTA: "The message says what was used up, disk space or processes: give the instance more `diskSpace` or "
    "`pids` (PUT /algorithmRepositoriesInstances/{id}), and rerun it.",
    Cause.ALGORITHM_ERROR: "The algorithm itself gave this error, and its log (GET /algorithmExecutions/{id}/logs) may "
    "say more. Change the input, or tell its author.",
    Cause.CRASHED: "The algorithm's process ended by itself, in native code perhaps: its log (GET "
    "/algorithmExecutions/{id}/logs) has its last words. Tell its author.",
    Cause.INPUT_REFUSED: "`details` says where the input does not fit; correct it and submit again.",
    Cause.INVALID_OUTPUT: "The algorithm has returned something that is no valid output: tell its author.",
    Cause.CONTRACT_BROKEN: "The image does not behave as its dialect asks for: tell its author.",
    Cause.NOT_STARTED: "The reason is the engine's own words; look at the instance's quota and image.",
    Cause.INFRASTRUCTURE_LOST: "Its instances were lost again and again: the reasons of its attempts (GET "
    "/algorithmExecutions/{id}/attempts) and the log of the instance tell why. Rerun it when they are well.",
    Cause.INSTANCE_REMOVED: "Submit it again, to an instance that exists.",
    Cause.STOPPED_AT_INSTANCE: "Somebody stopped the run at its instance, not by the platform: rerun it, and see who "
    "else reaches the instance.",
    Cause.CANCELLED_BY_USER: "Ask the user that `cancelledBy` names, or rerun it (POST "
    "/algorithmExecutions/{id}/rerun).",
    Cause.CANCELLED_BY_OPERATOR: "Ask the operator of the node, or rerun it (POST /algorithmExecutions/{id}/rerun).",
}
"""What to do next."""

_CAUSES = {
    FailureType.OUT_OF_MEMORY: Cause.OUT_OF_MEMORY,
    "MemoryError": Cause.OUT_OF_MEMORY,
    FailureType.INPUT_REFUSED: Cause.INPUT_REFUSED,
    FailureType.INVALID_OUTPUT: Cause.INVALID_OUTPUT,
    FailureType.CONTRACT_BROKEN: Cause.CONTRACT_BROKEN,
    ErrorType.INTERNAL: Cause.CONTRACT_BROKEN,
    FailureType.NOT_STARTED: Cause.NOT_STARTED,
    FailureType.INFRASTRUCTURE_LOST: Cause.INFRASTRUCTURE_LOST,
    FailureType.INSTANCE_REMOVED: Cause.INSTANCE_REMOVED,
    ErrorType.WORKER_DIED: Cause.CRASHED,
    ErrorType.STOPPED: Cause.STOPPED_AT_INSTANCE,
}
_USED_UP = {
    "OSError": "[Errno 28]",
    "BlockingIOError": "[Errno 11]",
    "RuntimeError": "can't start new thread",
}
"""Exceptions of Python, and how their messages begin when there is no space, or no process left."""


def cause_of(execution: Execution) -> Cause | None:
    """Why an execution ended as it did; None if it succeeded or has not ended."""
    error = execution.error
    if error is None:
        return None
    if execution.state is ExecutionState.TIMED_OUT:
        solved = execution.incumbent is not None
        return Cause.TIME_LIMIT_WITH_SOLUTION if solved else Cause.TIME_LIMIT_WITHOUT_SOLUTION
    if (by := canceller_of(error)) is not None:
        return Cause.CANCELLED_BY_OPERATOR if by.user_id is None else Cause.CANCELLED_BY_USER
    sign = _USED_UP.get(error["type"])
    if sign is not None and str(error["message"]).startswith(sign):
        return Cause.QUOTA
    return _CAUSES.get(error["type"], Cause.ALGORITHM_ERROR)
