"""Lists, page by page: newest first, the cursor is the id of the last item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which page is wanted."""

    limit: int = 100
    before: int | None = None
    """Items with lower ids only: the cursor of the page before; None is the first page."""
