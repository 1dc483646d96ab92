"""``/algorithms``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Use
from oaasplatform.api.parameters import next_cursor
from oaasplatform.domain.repositories import AlgorithmFilter
from oaasplatform.schemas.base import Page
from oaasplatform.schemas.repositories import AlgorithmView

router = APIRouter(prefix="/algorithms", tags=["algorithms"])


@router.get("")
async def list_algorithms(
    use: Use,
    page: parameters.Page,
    name: str | None = None,
    search: Annotated[str | None, Query(max_length=200, description="Text in name or description.")] = None,
    algorithm_repository_id: Annotated[int | None, Query(alias="algorithmRepositoryId")] = None,
) -> Page[AlgorithmView]:
    """Algorithms of all ready repositories, newest first."""
    wanted = AlgorithmFilter(name=name, search=search, repository_id=algorithm_repository_id)
    found, last = await use.repositories.algorithms(wanted, page)
    return Page(items=[AlgorithmView.model_validate(item) for item in found], next=next_cursor(last))


@router.get("/{id}")
async def get_algorithm(use: Use, id: Id) -> AlgorithmView:
    """One algorithm with its schemas and examples."""
    return AlgorithmView.model_validate(await use.repositories.algorithm(id))
