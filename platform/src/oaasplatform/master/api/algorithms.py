"""``/algorithms``: what can be executed somewhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id
from oaasplatform.api.parameters import next_cursor
from oaasplatform.master.api.dependencies import Use
from oaasplatform.master.domain.catalogue import AlgorithmFilter
from oaasplatform.master.schemas.catalogue import AlgorithmView
from oaasplatform.schemas.base import Page

router = APIRouter(prefix="/algorithms", tags=["algorithms"])


@router.get("")
async def list_algorithms(
    use: Use,
    page: parameters.Page,
    name: str | None = None,
    version: str | None = None,
    algorithm_repository_name: Annotated[str | None, Query(alias="algorithmRepositoryName")] = None,
    search: Annotated[str | None, Query(description="Text in name or description.")] = None,
) -> Page[AlgorithmView]:
    """Algorithms of all nodes, merged by repository name, name and version; newest first."""
    wanted = AlgorithmFilter(name=name, version=version, repository_name=algorithm_repository_name, search=search)
    found, last = await use.catalogue.page(wanted, page)
    return Page(items=[AlgorithmView.model_validate(item) for item in found], next=next_cursor(last))


@router.get("/{id}")
async def get_algorithm(use: Use, id: Id) -> AlgorithmView:
    """One algorithm, and the nodes that have it."""
    return AlgorithmView.model_validate(await use.catalogue.get(id))
