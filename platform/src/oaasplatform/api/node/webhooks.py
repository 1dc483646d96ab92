"""``/callbacks``: changes that have not arrived at the URLs they are posted to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Use
from oaasplatform.api.parameters import next_cursor
from oaasplatform.domain.webhooks import CallbackFilter, CallbackState
from oaasplatform.schemas.base import Page
from oaasplatform.schemas.webhooks import CallbackView, ReplayView, SecretView

router = APIRouter(prefix="/callbacks", tags=["callbacks"])


@router.get("")
async def list_callbacks(
    use: Use,
    page: parameters.Page,
    state: Annotated[CallbackState | None, Query(description="`dead`: those that were given up.")] = None,
) -> Page[CallbackView]:
    """Callbacks of which something was not delivered yet, newest execution first."""
    found, last = await use.webhooks.page(CallbackFilter(state=state), page)
    return Page(items=[CallbackView.model_validate(item) for item in found], next=next_cursor(last))


@router.get("/secret")
async def get_callback_secret(use: Use) -> SecretView:
    """What receivers verify the signatures with."""
    return SecretView(secret=await use.webhooks.secret())


@router.post("/secret")
async def renew_callback_secret(use: Use) -> SecretView:
    """Make a new one, which signs everything from now on, within seconds. What receivers refuse comes again."""
    return SecretView(secret=await use.webhooks.renew_secret())


@router.post("/replay")
async def replay_callbacks(use: Use) -> ReplayView:
    """Send again, now, what was given up."""
    return ReplayView(replayed=await use.webhooks.replay_dead())


@router.get("/{id}")
async def get_callback(use: Use, id: Id) -> CallbackView:
    """That of one execution. 404 once everything was delivered."""
    return CallbackView.model_validate(await use.webhooks.get(id))


@router.post("/{id}/replay")
async def replay_callback(use: Use, id: Id) -> CallbackView:
    """Send again, now, from the first change on that was not acknowledged."""
    return CallbackView.model_validate(await use.webhooks.replay(id))


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT)
async def forget_callback(use: Use, id: Id) -> Response:
    """Send nothing more about an execution."""
    await use.webhooks.forget(id)
    return Response(status_code=204)
