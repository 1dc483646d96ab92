"""What a Cog server says about a run, as a status message."""

from __future__ import annotations

import re

from oaas_sdk.contract import ErrorType, RunError, Status, StatusMessage
from oaasplatform.domain.targets import Run
from oaasplatform.protocols.cog.wire import Prediction, State
from oaasplatform.protocols.progress_lines import progress_in

FAILED = "predictionFailed"
"""``error.type`` where nothing is known of the exception."""

_LINE = r"^\s*(?P<message>(?:[^|]*?(?P<percent>\d{1,3})%\|)?.*\S)"
"""A line of the log: what it says, and how far a progress bar in it is (``Sampling:  40%|####      | 2/5 [...]``)."""
_NEWEST = 8192
"""Characters at the end of a log in which a progress bar is looked for."""
_WRAPPING = re.compile(r"(?:Prediction failed: )+")
_EXCEPTION = re.compile(r"([A-Za-z_]\w{0,199}):(?: |\Z)")
_INVALID_OUTPUT = ("Failed to serialize output", "Failed to parse output JSON")
_WORKER_DIED = ("Worker crashed", "Prediction failed for an unknown reason")


def message_of(run: Run, prediction: Prediction) -> StatusMessage:
    """The message. Cog numbers nothing, and posts side by side: the longer log is the newer one."""
    logs = prediction.logs or ""
    message = StatusMessage(execution_id=run.id, status=Status.RUNNING, sequence=len(logs))
    match prediction.status:
        case State.SUCCEEDED:
            message.status, message.output = Status.FINISHED, prediction.output
        case State.FAILED:
            message.status, message.error = Status.FAILED, _error(prediction.error or "It failed without saying why.")
        case State.CANCELED:
            text = "The prediction was canceled by somebody else."
            message.status, message.error = Status.FAILED, RunError(type=ErrorType.STOPPED, message=text)
        case _:
            progress = progress_in(logs[-_NEWEST:].encode(errors="replace"), _LINE)
            message.progress_fraction, message.progress_message = progress.fraction, progress.message
            return message
    message.log = logs
    message.sequence += 1
    return message


def _error(text: str) -> RunError:
    if text.startswith(_WORKER_DIED):
        return RunError(type=ErrorType.WORKER_DIED, message=text)
    inner = _WRAPPING.match(text)
    if inner is None:
        return RunError(type=FAILED, message=text)
    text = text[inner.end() :]
    if text.startswith(_INVALID_OUTPUT):
        return RunError(type=ErrorType.INVALID_OUTPUT, message=text)
    named = _EXCEPTION.match(text)
    if named is None:
        return RunError(type=FAILED, message=text)
    return RunError(type=named[1], message=text[named.end() :])
