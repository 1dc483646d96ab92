"""What all shapes share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

Item = TypeVar("Item")

Timestamp = Annotated[
    datetime,
    PlainSerializer(lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z"), return_type=str),
]
"""RFC 3339 in UTC."""


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class View(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, serialize_by_alias=True
    )


class Page(View, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = None
    """Cursor of the next page, for the ``cursor`` parameter; null on the last one."""


class ProblemView(View):
    """``application/problem+json`` (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    code: str
    """Stable name of the error."""
    instance: str | None = None
    """Path of the request."""
    errors: list[ViolationView] = []


class ViolationView(View):
    """One bad place in the request body."""

    pointer: str
    """JSON pointer (RFC 6901)."""
    detail: str


ProblemView.model_rebuild()
