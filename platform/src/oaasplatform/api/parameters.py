"""Parameters that many routes have in common."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from oaasplatform.domain.cancellations import Canceller
from oaasplatform.domain.errors import InvalidDocument, Violation
from oaasplatform.domain.paging import Paging

MAX_WAIT = 600.0
"""Seconds."""
_CURSOR_DIGITS = 18
_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d+(?:\.\d+)?)"?', re.IGNORECASE)


def wait_of(prefer: str | None) -> float:
    """Seconds of ``Prefer: wait=S`` (RFC 7240, section 4.3), at most ``MAX_WAIT``; 0 when there is none."""
    match = _WAIT.search(prefer or "")
    return min(float(match[1]), MAX_WAIT) if match else 0.0


def wait_of_request(request: Request) -> float:
    """The same, where the hot path reads the header itself."""
    return wait_of(request.headers.get("prefer"))


def _wait(
    prefer: Annotated[
        str | None, Header(description="`wait=S`: answer when it is done, or after S seconds (RFC 7240).")
    ] = None,
) -> float:
    return wait_of(prefer)


def _page(
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Items on a page.")] = 100,
) -> Paging:
    if cursor is None:
        return Paging(limit=limit)
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > _CURSOR_DIGITS:
        raise InvalidDocument(
            "The cursor is not one of ours: give `next` of the page before.", (Violation("", "Bad cursor."),)
        )
    return Paging(limit=limit, before=int(cursor))


def _canceller(
    user_id: Annotated[
        str | None,
        Query(alias="userId", min_length=1, max_length=200, description="Who stops it; default: the operator."),
    ] = None,
    reason: Annotated[str | None, Query(max_length=500, description="Why, for people.")] = None,
) -> Canceller:
    return Canceller(user_id=user_id, reason=reason)


By = Annotated[Canceller, Depends(_canceller)]
Wait = Annotated[float, Depends(_wait)]
Page = Annotated[Paging, Depends(_page)]


def next_cursor(last: int | None) -> str | None:
    """``next`` of a page."""
    return None if last is None else str(last)
