"""Messages that may be too large to be in memory: their output is stored as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.documents import LargeDocument, Taken, Uploads, beginning, take, together
from oaasplatform.domain.errors import ContractBroken, InvalidDocument, PayloadTooLarge
from oaasplatform.protocols.base import LargeReport
from oaasplatform.protocols.calls import decode

Message = TypeVar("Message")


class LargeMessages:
    """Reads messages of instances."""

    def __init__(self, uploads: Uploads, dialect: str) -> None:
        self._uploads = uploads
        self._dialect = dialect

    async def read(self, body: AsyncIterator[bytes], run_id: str) -> StatusMessage:
        """A message about a run, of any size, as it comes.

        Raises:
            ContractBroken: it is none, or about another run.
            DatabaseUnavailable
        """
        begin, complete = await beginning(body)
        if complete:
            message = decode(begin, StatusMessage, self._dialect)
            _check_about(run_id, message)
            return message
        message, document = await self.read_within(
            together(begin, body), StatusMessage, ("output",), lambda found: _check_about(run_id, found)
        )
        return with_output(message, document)

    async def read_within(
        self,
        body: AsyncIterator[bytes],
        type_: type[Message],
        path: tuple[str, ...],
        check: Callable[[Message], None],
    ) -> tuple[Message, bytes | LargeDocument | None]:
        """A message of another type, and the document that was at ``path`` of it; there ``null`` is read.

        A large document is the caller's, to be kept or discarded. ``check`` may raise: then there is none.
        """
        async with self._uploads.begin() as upload:
            try:
                taken: Taken = await take(body, path, upload)
            except (InvalidDocument, PayloadTooLarge) as error:
                raise ContractBroken(f"The instance's answer is not what {self._dialect} asks for: {error}") from error
            message = decode(taken.rest, type_, self._dialect)
            if isinstance(taken.document, bytes):
                decode(taken.document, msgspec.Raw, self._dialect)
            check(message)
            return message, taken.document


def _check_about(run_id: str, message: StatusMessage) -> None:
    if message.execution_id != run_id:
        raise ContractBroken(f"The message is about run {message.execution_id!r}, not {run_id!r}.")


def with_output(message: StatusMessage, document: bytes | LargeDocument | None) -> StatusMessage:
    """The message with the output that was taken out of it."""
    if isinstance(document, LargeDocument):
        fields = {name: getattr(message, name) for name in message.__struct_fields__ if name != "output"}
        return LargeReport(**fields, document=document)
    if document is not None:
        message.output = msgspec.Raw(document)
    return message
