"""What is said to MATLAB servers and by them, in the words of the platform."""

from __future__ import annotations

import msgspec

from oaas_sdk.contract import RunError, Status, StatusMessage
from oaasplatform.domain.errors import ContractBroken, InputRefused, Violation
from oaasplatform.domain.targets import Run
from oaasplatform.protocols.matlab.catalogue import Reference
from oaasplatform.protocols.matlab.schemas import VARIABLE_INPUTS
from oaasplatform.protocols.matlab.wire import Result, State

_GOING_ON = (State.READING, State.IN_QUEUE, State.PROCESSING)
_LAST = len(_GOING_ON)
"""``StatusMessage.sequence`` of a final message; before it, they count the states."""
_OUTPUT_FORMAT = {"mode": "small", "nanInfFormat": "object"}
"""The shortest notation that loses nothing: NaN as a string could not be told from the text ``NaN``."""


def call_of(reference: Reference, input: msgspec.Raw) -> bytes:
    """The body of a call: arguments by position, untouched. Raises ``InputRefused``."""
    try:
        given = msgspec.json.decode(input, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise InputRefused("The input has to be an object with a property for each argument.") from error
    arguments: list[msgspec.Raw] = []
    for name in reference.inputs:
        if name == VARIABLE_INPUTS:
            arguments += _further(given.get(name))
        elif name in given:
            arguments.append(given[name])
        else:
            missing = Violation("", f"{name!r} is a required property")
            raise InputRefused(f"The argument {name!r} is missing.", (missing,))
    call = {"nargout": len(reference.outputs), "rhs": arguments, "outputFormat": _OUTPUT_FORMAT}
    return msgspec.json.encode(call)


def _further(given: msgspec.Raw | None) -> list[msgspec.Raw]:
    if given is None:
        return []
    try:
        return msgspec.json.decode(given, type=list[msgspec.Raw])
    except msgspec.MsgspecError as error:
        violation = Violation(f"/{VARIABLE_INPUTS}", "is not an array")
        raise InputRefused("Further arguments have to be in an array.", (violation,)) from error


def message_of(run: Run, result: Result, outputs: tuple[str, ...]) -> StatusMessage:
    """What a run ended with.

    Raises:
        ContractBroken: there are more or fewer results than were asked for.
    """
    if result.error is not None:
        error = result.error
        stack = [{"file": each.file, "name": each.name, "line": each.line} for each in error.stack]
        details = {"stack": stack} if stack else None
        type_ = error.id or error.message_id or "matlabError"
        return failed(run, RunError(type=type_, message=error.message, details=details))
    if result.lhs is None or len(result.lhs) != len(outputs):
        found = "no list of results" if result.lhs is None else f"{len(result.lhs)} results"
        raise ContractBroken(f"The server answered with {found} where {len(outputs)} were asked for.")
    output = msgspec.json.encode(dict(zip(outputs, result.lhs, strict=True)))
    return StatusMessage(execution_id=run.id, status=Status.FINISHED, sequence=_LAST, output=msgspec.Raw(output))


def running(run: Run, state: State) -> StatusMessage:
    """A run that goes on."""
    return StatusMessage(execution_id=run.id, status=Status.RUNNING, sequence=_GOING_ON.index(state))


def failed(run: Run, error: RunError) -> StatusMessage:
    """A run that has no result."""
    return StatusMessage(execution_id=run.id, status=Status.FAILED, sequence=_LAST, error=error)
