"""Shapes of the comparison of two executions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from oaasplatform.domain.differences import MISSING, Difference

_MOST = 100
"""Differences that are shown."""
_LONGEST = 500
"""Bytes of a value that is shown as it is."""


class DifferenceView(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One place that is not the same; a value that is not there is left out, of a long one there is the beginning."""

    pointer: Annotated[str, Meta(description="JSON pointer (RFC 6901).")]
    value: Annotated[Any, Meta(description="Of the first execution.")] = UNSET
    other: Annotated[Any, Meta(description="Of the other one.")] = UNSET


class DocumentComparison(msgspec.Struct, rename="camel", kw_only=True):
    """What two documents have in common."""

    same: Annotated[bool | None, Meta(description="Null: both are large, and nobody has looked.")]
    differences: Annotated[list[DifferenceView], Meta(description="The first ones, unless a document is large.")]
    complete: Annotated[bool, Meta(description="Whether these are all.")]


class ComparisonView(msgspec.Struct, rename="camel", kw_only=True):
    """What tells two executions apart."""

    id: int
    other_id: int
    record: Annotated[
        list[DifferenceView], Meta(description="In what was run: image, version, quota, limits, attempts, ...")
    ]
    input: DocumentComparison
    result: Annotated[list[DifferenceView], Meta(description="In what came of it: state, incumbent, times, ...")]
    output: DocumentComparison


def difference_views(found: Iterable[Difference]) -> tuple[list[DifferenceView], bool]:
    """The shapes of the first differences, and whether they are all."""
    views = [
        DifferenceView(pointer=each.pointer, value=_shown(each.value), other=_shown(each.other))
        for each in islice(found, _MOST + 1)
    ]
    return views[:_MOST], len(views) <= _MOST


def _shown(value: Any) -> Any | UnsetType:
    if value is MISSING:
        return UNSET
    text = msgspec.json.encode(value)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST].decode(errors='ignore')}…"
