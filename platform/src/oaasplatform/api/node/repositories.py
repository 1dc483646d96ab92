"""``/algorithmRepositories``."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Use
from oaasplatform.api.parameters import Wait, next_cursor
from oaasplatform.domain.repositories import RepositoryFilter, RepositoryStatus
from oaasplatform.schemas.base import Page
from oaasplatform.schemas.repositories import RepositoryCreate, RepositoryUpdate, RepositoryView

router = APIRouter(prefix="/algorithmRepositories", tags=["algorithm repositories"])


@router.get("")
async def list_repositories(
    use: Use,
    page: parameters.Page,
    name: str | None = None,
    status: RepositoryStatus | None = None,
) -> Page[RepositoryView]:
    """Repositories, newest first."""
    wanted = RepositoryFilter(name=name, status=status)
    found, last = await use.repositories.page(wanted, page)
    return Page(items=[RepositoryView.of(item) for item in found], next=next_cursor(last))


@router.post("", status_code=status.HTTP_202_ACCEPTED)
async def register_repository(use: Use, body: RepositoryCreate, wait: Wait) -> RepositoryView:
    """Register an image. `status` goes from `registering` to `ready` or `failed`; `reason` says what happens."""
    created = await use.repositories.create(body)
    return RepositoryView.of(await use.repositories.get(created.id, wait) if wait else created)


@router.get("/{id}")
async def get_repository(use: Use, id: Id, wait: Wait) -> RepositoryView:
    """One repository; with `Prefer: wait=S` once its discovery has ended."""
    return RepositoryView.of(await use.repositories.get(id, wait))


@router.put("/{id}")
async def update_repository(use: Use, id: Id, body: RepositoryUpdate) -> RepositoryView:
    """Change name, description or image. A new image is discovered, and instances follow to it when idle."""
    return RepositoryView.of(await use.repositories.update(id, body))


@router.post("/{id}/refresh", status_code=status.HTTP_202_ACCEPTED)
async def refresh_repository(use: Use, id: Id, wait: Wait) -> RepositoryView:
    """Pull the image again and read its algorithms again."""
    refreshed = await use.repositories.refresh(id)
    return RepositoryView.of(await use.repositories.get(id, wait) if wait else refreshed)


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_repository(use: Use, id: Id) -> Response:
    """Forget a repository without instances."""
    await use.repositories.delete(id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
