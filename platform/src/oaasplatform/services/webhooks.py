"""Callbacks as operators see them: what was not delivered yet, or never will be, and the secret that signs all."""

from __future__ import annotations

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import CredentialsUnreadable
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.webhooks import Callback, CallbackFilter
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.webhooks.signing import new_secret

_CONTEXT = "callbacks"


class WebhookService:
    """Looks after what is sent to callback URLs."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._queries = database.webhooks
        self._nodes = database.nodes
        self._sealer = sealer

    async def page(self, wanted: CallbackFilter, paging: Paging) -> tuple[list[Callback], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def get(self, execution_id: int) -> Callback:
        """Raises ``NotFound``: everything was delivered, or there never was one."""
        return await self._queries.get(execution_id)

    async def replay(self, execution_id: int) -> Callback:
        """Send again what was not acknowledged, now, and with the patience of a new one. Raises ``NotFound``."""
        return await self._queries.replay(execution_id)

    async def replay_dead(self) -> int:
        """The same for all that were given up; how many."""
        return await self._queries.replay_dead()

    async def forget(self, execution_id: int) -> None:
        """Send nothing more about an execution. Raises ``NotFound``."""
        await self._queries.forget(execution_id)

    async def secret(self) -> str:
        """What signatures are made with; a new one at the first call.

        Raises:
            CredentialsUnreadable: the key is not the one it was sealed with.
        """
        sealed = await self._nodes.callback_secret()
        if sealed is None:
            sealed = await self._nodes.keep_callback_secret(self._sealer.seal(new_secret(), _CONTEXT))
        try:
            return self._sealer.open(sealed, _CONTEXT)
        except SealBroken as error:
            raise CredentialsUnreadable(
                "The secret that signs callbacks was encrypted with another key. "
                "Bring the key back, or make a new secret (`oaas callbacks secret --new`)."
            ) from error

    async def renew_secret(self) -> str:
        """A new secret, which signs everything from now on."""
        secret = new_secret()
        await self._nodes.change_callback_secret(self._sealer.seal(secret, _CONTEXT))
        return secret
