"""Shapes of ``/oaasNodes/tokens``."""

from __future__ import annotations

from pydantic import Field

from oaasplatform.schemas.base import Body, Timestamp, View

_MOST_SECONDS = 30 * 24 * 3600


class TokenOrder(Body):
    """A node is to join."""

    expires_in_seconds: int = Field(3600, ge=1, le=_MOST_SECONDS)


class TokenView(View):
    """Lets one node join, once."""

    token: str = Field(description="Shown here and never again.")
    expires_at: Timestamp
