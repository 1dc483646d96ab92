"""Status messages that instances post."""

from __future__ import annotations

import hmac

import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.database import Database
from oaasplatform.domain.errors import InvalidDocument, NotFound
from oaasplatform.services.status_messages import StatusMessageService


class CallbackService:
    """Receives status messages of runs."""

    def __init__(self, database: Database, messages: StatusMessageService) -> None:
        self._transitions = database.transitions
        self._messages = messages

    async def receive(self, execution_id: int, secret: str, body: bytes) -> None:
        """Apply a message if its secret is that of the execution's current attempt.

        A message for an execution that has ended changes nothing and is accepted, so that the sender rests.

        Raises:
            NotFound: unknown execution or wrong secret, without telling which.
            InvalidDocument: no status message.
            ContractBroken: a message about another run.
        """
        known = await self._transitions.called_back(execution_id)
        if known is None or not hmac.compare_digest(known.secret.encode(), secret.encode()):
            raise NotFound("run", execution_id)
        try:
            message = msgspec.json.decode(body, type=StatusMessage)
        except msgspec.DecodeError as error:
            raise InvalidDocument(f"The body is no status message: {error}") from error
        if not known.execution.state.terminal:
            await self._messages.apply(known.execution, message)
