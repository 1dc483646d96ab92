"""Shapes of ``/info``."""

from __future__ import annotations

from pydantic import Field

from oaasplatform.schemas.base import Body, Timestamp, View


class MasterView(View):
    """This master."""

    uid: str
    name: str
    description: str
    owner: str
    version: str
    nodes: dict[str, int] = Field(description="How many nodes there are, by status.")
    created_at: Timestamp
    modified_at: Timestamp


class MasterUpdate(Body):
    """What an operator may say about the master."""

    name: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    owner: str | None = Field(None, max_length=200)
