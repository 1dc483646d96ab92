"""``/registries``."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Use
from oaasplatform.api.parameters import next_cursor
from oaasplatform.domain.registries import RegistryFilter
from oaasplatform.schemas.base import Page
from oaasplatform.schemas.registries import RegistryCreate, RegistryUpdate, RegistryView

router = APIRouter(prefix="/registries", tags=["registries"])


@router.get("")
async def list_registries(
    use: Use, page: parameters.Page, name: str | None = None, host: str | None = None
) -> Page[RegistryView]:
    """Registries, newest first."""
    found, last = await use.registries.page(RegistryFilter(name=name, host=host), page)
    return Page(items=[RegistryView.model_validate(item) for item in found], next=next_cursor(last))


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_registry(use: Use, body: RegistryCreate) -> RegistryView:
    """Store credentials, encrypted, for the images of a registry. The registry is not contacted."""
    return RegistryView.model_validate(await use.registries.create(body))


@router.get("/{id}")
async def get_registry(use: Use, id: Id) -> RegistryView:
    """One registry."""
    return RegistryView.model_validate(await use.registries.get(id))


@router.put("/{id}")
async def update_registry(use: Use, id: Id, body: RegistryUpdate) -> RegistryView:
    """Change name, URL or credentials. Another host needs the password or token again."""
    return RegistryView.model_validate(await use.registries.update(id, body))


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_registry(use: Use, id: Id) -> Response:
    """Forget a registry that no repository needs."""
    await use.registries.delete(id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
