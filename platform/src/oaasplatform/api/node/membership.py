"""``/master``: the master that the node belongs to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, status

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Use
from oaasplatform.kit.keys import shown_key
from oaasplatform.schemas.memberships import JoinOrder, MembershipView

router = APIRouter(prefix="/master", tags=["node"])


@router.get("")
async def get_membership(
    use: Use, wait: parameters.Wait, authorization: Annotated[str | None, Header()] = None
) -> MembershipView:
    """Which master the node belongs to, and whether it hears the node. `Prefer: wait` waits for a node that leaves.

    A master shows its key here while a node joins it: 401 if it is not the one that this node has made for it.
    """
    key = shown_key(authorization)
    if key is not None:
        await use.memberships.demand_master(key)
    return await use.memberships.view(wait)


@router.put("")
async def join_master(use: Use, body: JoinOrder) -> MembershipView:
    """Join a master with a token that it has made. The same master again is a repair: new keys, another address."""
    return await use.memberships.join(body)


@router.delete("", status_code=status.HTTP_202_ACCEPTED)
async def leave_master(
    use: Use, force: Annotated[bool, Query(description="Forget the master at once, without telling it.")] = False
) -> MembershipView:
    """Leave the master: it sends nothing new, and the node goes once what it has sent is finished."""
    return await use.memberships.leave(force=force)
