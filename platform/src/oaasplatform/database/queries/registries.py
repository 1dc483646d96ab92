"""Registries, and what would be without credentials if one went."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from oaasplatform.database import models
from oaasplatform.database.errors import translated
from oaasplatform.database.queries.paging import newest_first
from oaasplatform.domain.errors import InUse, NameTaken, NotFound
from oaasplatform.domain.images import image_name
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.registries import CredentialKind, Registry, RegistryFilter

_NOUN = "registry"
_NAMED = 5
"""Repositories that a refusal lists."""


def _registry(row: models.Registry) -> Registry:
    return Registry(
        id=row.id,
        name=row.name,
        url=row.url,
        host=row.host,
        username=row.username,
        credential=row.credential,
        sealed=row.sealed,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


class RegistryQueries:
    """Reads and writes of registries."""

    async def create(
        self, *, name: str, url: str, host: str, username: str, credential: CredentialKind, sealed: bytes
    ) -> Registry:
        """Raises ``NameTaken``."""
        with translated():
            try:
                row = await models.Registry.create(
                    name=name, url=url, host=host, username=username, credential=credential, sealed=sealed
                )
            except IntegrityError as error:
                raise NameTaken(_NOUN, name) from error
        return _registry(row)

    async def get(self, id_: int) -> Registry:
        """Raises ``NotFound``."""
        with translated():
            row = await models.Registry.get_or_none(id=id_)
        if row is None:
            raise NotFound(_NOUN, id_)
        return _registry(row)

    async def of_host(self, host: str) -> Registry | None:
        """The one that is asked about images of a host: the oldest of those registered for it."""
        with translated():
            row = await models.Registry.filter(host=host).order_by("id").first()
        return None if row is None else _registry(row)

    async def page(self, wanted: RegistryFilter, paging: Paging) -> tuple[list[Registry], int | None]:
        """Newest first."""
        with translated():
            rows, cursor = await newest_first(models.Registry.filter(), paging, asdict(wanted))
        return [_registry(row) for row in rows], cursor

    async def update(self, id_: int, changes: dict[str, Any]) -> Registry:
        """Change fields. Raises ``NotFound``, ``NameTaken``; ``InUse`` when the host changes under repositories."""
        with translated():
            try:
                async with in_transaction():
                    row = await _locked(id_)
                    if changes.get("host", row.host) != row.host:
                        await _demand_unused(row)
                    await row.update_from_dict(changes).save(update_fields=[*changes, "modified_at"])
            except IntegrityError as error:
                raise NameTaken(_NOUN, changes["name"]) from error
        return _registry(row)

    async def delete(self, id_: int) -> None:
        """Forget a registry. Raises ``NotFound``, ``InUse``."""
        with translated():
            async with in_transaction():
                row = await _locked(id_)
                await _demand_unused(row)
                await row.delete()


async def _locked(id_: int) -> models.Registry:
    row = await models.Registry.filter(id=id_).select_for_update().first()
    if row is None:
        raise NotFound(_NOUN, id_)
    return row


async def _demand_unused(registry: models.Registry) -> None:
    """Raise ``InUse`` while repositories name the registry, or it is the one for the hosts of their images."""
    names = [
        str(name) for name in await models.Repository.filter(registry_id=registry.id).values_list("name", flat=True)
    ]
    oldest = await models.Registry.filter(host=registry.host).order_by("id").first()
    if oldest is not None and oldest.id == registry.id:
        others = await models.Repository.filter(registry_id=None).values_list("name", "image")
        names += [str(name) for name, image in others if image_name(str(image)).host == registry.host]
    if names:
        listed = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
        raise InUse(f"The images of {len(names)} algorithm repositories are pulled with it ({listed}).")
