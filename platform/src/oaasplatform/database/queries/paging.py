"""Keyset paging: newest first, the cursor is the id of the last item."""

from __future__ import annotations

from typing import Any, TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

Row = TypeVar("Row", bound=Model)


async def newest_first(query: QuerySet[Row], limit: int, before: int | None) -> tuple[list[Row], int | None]:
    """A page of at most ``limit`` rows with ids below ``before``, and the cursor of the next page."""
    if before is not None:
        query = query.filter(id__lt=before)
    rows = await query.order_by("-id").limit(limit + 1)
    return page_of(rows, limit)


def page_of(rows: list[Any], limit: int) -> tuple[list[Any], int | None]:
    """Split ``limit + 1`` rows into a page and the cursor of the next one."""
    if len(rows) > limit:
        return rows[:limit], rows[limit - 1].id
    return rows, None
