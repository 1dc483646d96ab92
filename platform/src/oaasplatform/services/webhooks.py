"""Callbacks as operators see them: what was not delivered yet, or never will be, and the secret that signs all."""

from __future__ import annotations

from typing import Protocol

from oaasplatform.database.queries.webhooks import WebhookQueries
from oaasplatform.domain.errors import CredentialsUnreadable, InvalidDocument, Violation
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.webhooks import Callback, CallbackFilter, callback_host
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.webhooks.guard import Guard, TargetRefused
from oaasplatform.webhooks.signing import new_secret

_CONTEXT = "callbacks"


class Secrets(Protocol):
    """Where the secret is, sealed."""

    async def callback_secret(self) -> bytes | None:
        """None: there is none yet."""
        ...

    async def keep_callback_secret(self, sealed: bytes) -> bytes:
        """Store the first secret; the one that counts, if another process was faster."""
        ...

    async def change_callback_secret(self, sealed: bytes) -> None:
        """Store another secret."""
        ...


class WebhookService:
    """Looks after what is sent to callback URLs."""

    def __init__(self, queries: WebhookQueries, secrets: Secrets, sealer: Sealer) -> None:
        self._queries = queries
        self._secrets = secrets
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
        sealed = await self._secrets.callback_secret()
        if sealed is None:
            sealed = await self._secrets.keep_callback_secret(self._sealer.seal(new_secret(), _CONTEXT))
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
        await self._secrets.change_callback_secret(self._sealer.seal(secret, _CONTEXT))
        return secret


def check_callback(guard: Guard, url: str) -> None:
    """Whether it is a URL, and its host not an address that is refused. Names are resolved when it is called.

    Raises:
        InvalidDocument
    """
    try:
        guard.check_host(callback_host(url))
    except (ValueError, TargetRefused) as error:
        raise InvalidDocument(f"Bad callback URL: {error}.", (Violation("/callbackUrl", str(error)),)) from error
