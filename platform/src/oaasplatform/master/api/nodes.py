"""``/oaasNodes``: the nodes that have joined."""

from __future__ import annotations

from fastapi import APIRouter

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id
from oaasplatform.api.parameters import next_cursor
from oaasplatform.master.api.dependencies import Use
from oaasplatform.master.domain.nodes import NodeFilter, NodeStatus
from oaasplatform.master.schemas.nodes import MemberNodeView
from oaasplatform.schemas.base import Page

router = APIRouter(prefix="/oaasNodes", tags=["nodes"])


@router.get("")
async def list_nodes(
    use: Use, page: parameters.Page, name: str | None = None, status: NodeStatus | None = None
) -> Page[MemberNodeView]:
    """Nodes, newest first."""
    found, last = await use.registry.page(NodeFilter(name=name, status=status), page)
    return Page(items=[MemberNodeView.model_validate(item) for item in found], next=next_cursor(last))


@router.get("/{id}")
async def get_node(use: Use, id: Id) -> MemberNodeView:
    """One node."""
    return MemberNodeView.model_validate(await use.registry.get(id))
