"""Keyset paging: newest first, the cursor is the id of the last item."""

from __future__ import annotations

from typing import Any, TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

from oaasplatform.domain.paging import Paging

Row = TypeVar("Row", bound=Model)


async def newest_first(
    query: QuerySet[Row], paging: Paging, conditions: dict[str, Any]
) -> tuple[list[Row], int | None]:
    """A page of the rows that fulfil the conditions (those that are not None), and the cursor of the next page."""
    wanted = {field: value for field, value in {**conditions, "id__lt": paging.before}.items() if value is not None}
    rows = await query.filter(**wanted).order_by("-id").limit(paging.limit + 1)
    if len(rows) > paging.limit:
        return rows[: paging.limit], rows[paging.limit - 1].pk
    return rows, None
