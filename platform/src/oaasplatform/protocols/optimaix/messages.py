"""What OPTIMAIX repositories say about runs, in the words of the platform."""

from __future__ import annotations

from typing import Any

import msgspec

from oaas_sdk.contract import ErrorType, RunError, Status, StatusMessage
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.domain.targets import Run
from oaasplatform.protocols.calls import decode
from oaasplatform.protocols.optimaix import wire
from oaasplatform.protocols.optimaix.wire import DIALECT, Raised, Record, TaskMeta, Verdict

_RUNNING, _ENDED = 0, 1
"""``StatusMessage.sequence``"""
_NOTHING = b"null"
_WORKER_LOST = "WorkerLostError"
"""What Celery reports when a process of the worker died under a task."""


def running(run: Run) -> StatusMessage:
    """A run that goes on."""
    return StatusMessage(execution_id=run.id, status=Status.RUNNING, sequence=_RUNNING)


def succeeded(run: Run, output: bytes) -> StatusMessage:
    """A run with a result, which has to be JSON."""
    try:
        msgspec.json.decode(output, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return _failed(run, RunError(type=ErrorType.INVALID_OUTPUT, message=f"The output is not JSON: {error}"))
    return StatusMessage(execution_id=run.id, status=Status.FINISHED, sequence=_ENDED, output=msgspec.Raw(output))


def of_task(run: Run, meta: TaskMeta) -> StatusMessage:
    """What the worker left in Redis about a task.

    Raises:
        ContractBroken: an error or a result that can't be understood.
    """
    match meta.status:
        case wire.SUCCESS:
            if bytes(meta.result) == _NOTHING:
                raise ContractBroken(
                    "The task succeeded, but there is no output of it, neither there nor in the record."
                )
            return succeeded(run, bytes(meta.result))
        case wire.FAILURE:
            raised = decode(bytes(meta.result), Raised, DIALECT)
            type_ = ErrorType.WORKER_DIED if raised.exc_type == _WORKER_LOST else raised.exc_type
            details = {"traceback": meta.traceback} if meta.traceback else None
            return _failed(run, RunError(type=type_, message=_sentence(raised.exc_message), details=details))
        case wire.REVOKED:
            return _failed(run, RunError(type=ErrorType.STOPPED, message="The execution was revoked."))
    return running(run)


def of_record(run: Run, record: Record) -> StatusMessage:
    """What the backend has in its file about an execution."""
    if not record.finished:
        return running(run)
    verdict = Verdict() if bytes(record.error) == _NOTHING else decode(bytes(record.error), Verdict, DIALECT)
    if verdict.success is not False:
        return succeeded(run, bytes(record.output))
    return _failed(run, RunError(type=verdict.type or "error", message=_sentence(verdict.detail)))


def _failed(run: Run, error: RunError) -> StatusMessage:
    return StatusMessage(execution_id=run.id, status=Status.FAILED, sequence=_ENDED, error=error)


def _sentence(said: Any) -> str:
    """Arguments of an exception, or whatever else was said."""
    if said is None:
        return ""
    words = said if isinstance(said, list) else [said]
    return ", ".join(each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in words)
