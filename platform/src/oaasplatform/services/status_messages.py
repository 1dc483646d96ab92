"""What a status message of an instance means for its execution. Callbacks, polls and launch answers all end here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from oaas_sdk.contract import ErrorType, RunError, Status, StatusMessage
from oaasplatform.database.database import Database
from oaasplatform.database.queries.transitions import End
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.domain.executions import Execution, ExecutionState, FailureType, Outcome
from oaasplatform.protocols.base import LargeReport

_TEXT_MAX = 4000
_DETAILS_MAX = 256 * 1024


class StatusMessageService:
    """Applies status messages. Old, repeated and late ones change nothing."""

    def __init__(self, database: Database, *, max_output_bytes: int, max_log_bytes: int, poll_seconds: float) -> None:
        self._transitions = database.transitions
        self._documents = database.documents
        self._max_output_bytes = max_output_bytes
        self._max_log_bytes = max_log_bytes
        self._poll_seconds = poll_seconds

    async def apply(self, execution: Execution, message: StatusMessage, *, handle: str | None = None) -> None:
        """Take note of a message about the execution's current attempt, and of the ``handle`` of its run.

        Raises:
            ContractBroken: the message is about another run.
        """
        try:
            await self._apply(execution, message, handle)
        finally:
            if isinstance(message, LargeReport):
                await self._documents.discard(message.document)

    async def _apply(self, execution: Execution, message: StatusMessage, handle: str | None) -> None:
        if message.execution_id != execution.run_id:
            raise ContractBroken(f"The message is about run {message.execution_id!r}, not {execution.run_id!r}.")
        message = _presentable(message)
        id_, attempt = execution.id, execution.attempt
        if message.final:
            await self._transitions.finish(id_, attempt, self._outcome(message), message, handle=handle)
        elif message.status == Status.RUNNING:
            await self._transitions.progress(id_, attempt, message, poll_seconds=self._poll_seconds, handle=handle)

    async def finish_all(self, ended: Sequence[tuple[Execution, StatusMessage]]) -> None:
        """The same for messages that :func:`ends_at_once`, in one commit."""
        ends: list[End] = []
        for execution, received in ended:
            message = _presentable(received)
            ends.append(End(execution.id, execution.attempt, self._outcome(message), message))
        await self._transitions.finish_all(ends)

    async def launched(self, execution: Execution, handle: str | None) -> None:
        """The instance has accepted the run; no message came yet."""
        message = StatusMessage(execution_id=execution.run_id, status=Status.RUNNING, sequence=-1)
        await self.apply(execution, message, handle=handle)

    async def fail(self, execution: Execution, type_: FailureType, text: str, details: Any = None) -> None:
        """End the current attempt with an error of the platform's own."""
        await self._transitions.finish(
            execution.id, execution.attempt, Outcome(state=ExecutionState.FAILED, error=failure(type_, text, details))
        )

    def _outcome(self, message: StatusMessage) -> Outcome:
        log = None if message.log is None else message.log.encode(errors="replace")[: self._max_log_bytes]
        if message.status == Status.FINISHED:
            output = _output(message)
            if output is None:
                text = "The run reported success without an output."
                return Outcome(state=ExecutionState.FAILED, error=failure(FailureType.CONTRACT_BROKEN, text), log=log)
            outcome = Outcome(state=ExecutionState.SUCCEEDED, output=output, log=log)
            if (outcome.output_bytes or 0) > self._max_output_bytes:
                text = f"The output has {outcome.output_bytes} bytes; the limit is {self._max_output_bytes}."
                return Outcome(state=ExecutionState.FAILED, error=failure(FailureType.INVALID_OUTPUT, text), log=log)
            return outcome
        error = message.error or RunError(
            type=FailureType.CONTRACT_BROKEN, message="The run failed without saying why."
        )
        timed_out = error.type == ErrorType.TIME_LIMIT
        state = ExecutionState.TIMED_OUT if timed_out else ExecutionState.FAILED
        return Outcome(state=state, error=failure(error.type, error.message, error.details), log=log)


def _output(message: StatusMessage) -> bytes | LargeDocument | None:
    if isinstance(message, LargeReport):
        return message.document
    return bytes(message.output) if isinstance(message.output, msgspec.Raw) else None


def ends_at_once(execution: Execution, message: StatusMessage | None) -> bool:
    """Whether a message ends the execution's current attempt, with everything that is to be kept of it."""
    return (
        message is not None
        and message.final
        and message.log is not None
        and message.execution_id == execution.run_id
        and not isinstance(message, LargeReport)
    )


def failure(type_: str, text: str, details: Any = None) -> dict[str, Any]:
    """An execution's ``error``."""
    if details is not None and len(msgspec.json.encode(details)) > _DETAILS_MAX:
        details = "(left out: too large)"
    return {"type": type_, "message": text, "details": details}


def _presentable(message: StatusMessage) -> StatusMessage:
    """Bound the texts, and drop NUL characters: PostgreSQL's JSON can't hold them."""
    if message.progress_message is not None:
        message.progress_message = _text(message.progress_message)
    if message.progress_fraction is not None:
        message.progress_fraction = min(max(message.progress_fraction, 0.0), 1.0)
    if message.error is not None:
        error = message.error
        message.error = RunError(
            type=_text(error.type)[:200], message=_text(error.message), details=_without_nul(error.details)
        )
    return message


def _text(text: str) -> str:
    return text.replace("\0", "")[:_TEXT_MAX]


def _without_nul(details: Any) -> Any:
    encoded = msgspec.json.encode(details)
    if b"\\u0000" not in encoded:
        return details
    return msgspec.json.decode(encoded.replace(b"\\u0000", b""))
