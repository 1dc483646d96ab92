"""Registries: what people can do with them, and the credentials for an image."""

from __future__ import annotations

from typing import Any

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import CredentialsUnreadable, InvalidDocument, Violation
from oaasplatform.domain.images import image_name
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.registries import Registry, RegistryFilter, registry_host
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.runtimes.base import Credentials
from oaasplatform.schemas.registries import RegistryCreate, RegistryUpdate


class RegistryService:
    """Keeps credentials. They are sealed for their host, so that no change of a row sends them to another one."""

    def __init__(self, database: Database, sealer: Sealer, defaults: dict[str, Credentials]) -> None:
        """``defaults``: credentials from the settings by host, for hosts that nobody registered."""
        self._queries = database.registries
        self._sealer = sealer
        self._defaults = defaults

    async def create(self, request: RegistryCreate) -> Registry:
        """Register a registry; it is not contacted. Raises ``NameTaken``."""
        assert request.given is not None
        kind, secret = request.given
        host = registry_host(request.url)
        return await self._queries.create(
            name=request.name or host,
            url=request.url,
            host=host,
            username=request.username,
            credential=kind,
            sealed=self._sealer.seal(secret, host),
        )

    async def get(self, id_: int) -> Registry:
        """Raises ``NotFound``."""
        return await self._queries.get(id_)

    async def page(self, wanted: RegistryFilter, paging: Paging) -> tuple[list[Registry], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def update(self, id_: int, request: RegistryUpdate) -> Registry:
        """Change it.

        Raises:
            NotFound, NameTaken
            InvalidDocument: the host changes without a password or token for the new one.
            InUse: the host changes, and images of repositories are pulled with it.
        """
        before = await self._queries.get(id_)
        changes: dict[str, Any] = request.model_dump(
            include={"name", "url", "username"}, exclude_none=True, by_alias=False
        )
        host = before.host
        if request.url is not None:
            host = changes["host"] = registry_host(request.url)
        if request.given is not None:
            kind, secret = request.given
            changes |= {"credential": kind, "sealed": self._sealer.seal(secret, host)}
        elif host != before.host:
            detail = f"The stored {before.credential} is for {before.host} only: give the one for {host}."
            raise InvalidDocument(detail, (Violation("/password", detail),))
        return await self._queries.update(id_, changes) if changes else before

    async def delete(self, id_: int) -> None:
        """Forget it and its credentials. Raises ``NotFound``, ``InUse``."""
        await self._queries.delete(id_)

    async def check(self, registry_id: int | None, image: str) -> None:
        """Whether the registry can be used for the image.

        Raises:
            NotFound
            InvalidDocument: the image is in another registry.
        """
        if registry_id is None:
            return
        registry = await self._queries.get(registry_id)
        host = image_name(image).host
        if registry.host != host:
            detail = f"Registry {registry.name!r} is {registry.host}, but the image {image} is in {host or 'none'}."
            raise InvalidDocument(detail, (Violation("/registryId", detail),))

    async def credentials(self, registry_id: int | None, image: str) -> Credentials | None:
        """What the image is pulled with: the registry's credentials, or those for the image's host, if there are any.

        Raises:
            CredentialsUnreadable: the key is not the one they were sealed with.
        """
        host = image_name(image).host
        registry = None if registry_id is None else await self._queries.get(registry_id)
        # An instance may still run the image of another registry than the one its repository has moved to.
        if registry is None or registry.host != host:
            registry = await self._queries.of_host(host)
        if registry is None:
            return self._defaults.get(host)
        try:
            return Credentials(username=registry.username, password=self._sealer.open(registry.sealed, registry.host))
        except SealBroken as error:
            raise CredentialsUnreadable(
                f"The {registry.credential} of registry {registry.name!r} was encrypted with another key. "
                f"Bring the key back, or give the {registry.credential} again."
            ) from error
