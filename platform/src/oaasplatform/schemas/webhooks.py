"""Shapes of ``/callbacks``."""

from __future__ import annotations

from pydantic import Field

from oaasplatform.domain.webhooks import CallbackState
from oaasplatform.schemas.base import Timestamp, View


class CallbackView(View):
    """Whom changes of an execution are posted to, until the last one was acknowledged."""

    execution_id: int
    url: str
    state: CallbackState = Field(description="`dead` ones were given up.")
    delivered: int = Field(description="`sequence` of the newest change that was acknowledged; 0: none.")
    failures: int = Field(description="In a row.")
    last_error: str | None
    due_at: Timestamp | None = Field(description="When something is sent next; null: there is nothing to send.")
    created_at: Timestamp
    modified_at: Timestamp


class ReplayView(View):
    """What a replay of all has begun."""

    replayed: int = Field(description="Callbacks that were dead.")


class SecretView(View):
    """What receivers verify signatures with."""

    secret: str = Field(description="As libraries of the Standard Webhooks specification take it.")
