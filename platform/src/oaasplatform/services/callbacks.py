"""Messages that instances post about their runs."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping

import structlog

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.database import Database
from oaasplatform.domain.documents import beginning, together
from oaasplatform.domain.errors import ContractBroken, InvalidDocument, NotFound
from oaasplatform.domain.executions import Assignment, FailureType
from oaasplatform.protocols.base import RepositoryProtocol, StreamingProtocol
from oaasplatform.services.status_messages import StatusMessageService
from oaasplatform.services.transfers import unasked

_SECRET_BITS = 128

log = structlog.get_logger(__name__)


class CallbackService:
    """Receives messages about runs."""

    def __init__(
        self, database: Database, protocols: Mapping[str, RepositoryProtocol], messages: StatusMessageService
    ) -> None:
        self._transitions = database.transitions
        self._protocols = protocols
        self._messages = messages

    async def receive(self, execution_id: int, secret: str, body: AsyncIterator[bytes]) -> None:
        """Apply a message if its secret is that of the execution's current attempt; if not, it is not even read.

        A message for an execution that has ended changes nothing and is accepted, so that the sender rests.

        Raises:
            NotFound: unknown execution or wrong secret, without telling which.
            InvalidDocument: nothing that the instance's dialect allows, or a message about another run.
        """
        assignment = await self._assignment(execution_id, secret)
        if assignment is not None:
            await self._apply(assignment, body)

    async def too_long(self, execution_id: int, secret: str, reason: str) -> None:
        """End an execution whose instance posted more than may be read: it would hardly say the same in fewer words.

        Raises:
            NotFound: see ``receive``.
        """
        assignment = await self._assignment(execution_id, secret)
        if assignment is not None:
            text = f"A message of the run with its output and log is too long: {reason}"
            await self._messages.fail(assignment.execution, FailureType.INVALID_OUTPUT, text)

    async def receive_by_number(self, number: int, sender: str, body: AsyncIterator[bytes]) -> None:
        """Apply what a dialect without secrets posts: it was given the secret as the number of its callback.

        ``sender`` is the address that the message came from: it has to be one of the instance's own.

        Raises:
            NotFound: no run that goes on has this number, or another machine sent it.
            InvalidDocument: nothing that the instance's dialect allows.
        """
        secret = f"{number:032x}" if 0 <= number < 2**_SECRET_BITS else ""
        id_ = await self._transitions.of_secret(secret)
        assignment = None if id_ is None else await self._transitions.assignment(id_)
        if assignment is None or assignment.secret != secret:
            raise NotFound("run", number)
        if sender not in assignment.target.addresses.values():
            log.warning("a callback came from a foreign address", execution=id_, sender=sender)
            raise NotFound("run", number)
        await self._apply(assignment, body)

    async def _assignment(self, execution_id: int, secret: str) -> Assignment | None:
        """Where the execution runs; None when it has ended."""
        assignment = await self._transitions.assignment(execution_id)
        known = assignment.secret if assignment else await self._transitions.secret_of(execution_id)
        if known is None or not hmac.compare_digest(known.encode(), secret.encode()):
            raise NotFound("run", execution_id)
        return assignment

    async def _apply(self, assignment: Assignment, body: AsyncIterator[bytes]) -> None:
        try:
            message = await self._read(assignment, body)
        except ContractBroken as error:
            raise InvalidDocument(error.detail) from error
        await self._messages.apply(assignment.execution, message)

    async def _read(self, assignment: Assignment, body: AsyncIterator[bytes]) -> StatusMessage:
        protocol = self._protocols[assignment.protocol]
        begin, complete = await beginning(body)
        if not complete:
            body = unasked(self._transitions, assignment.execution, body)
            if isinstance(protocol, StreamingProtocol):
                return await protocol.read_large(assignment.run, together(begin, body))
            begin = b"".join([begin, *[chunk async for chunk in body]])
        return protocol.read(assignment.run, begin)
