"""``/info``: the node itself."""

from __future__ import annotations

from fastapi import APIRouter

from oaasplatform.api.dependencies import Use
from oaasplatform.schemas.nodes import NodeUpdate, NodeView

router = APIRouter(prefix="/info", tags=["node"])


@router.get("")
async def get_info(use: Use) -> NodeView:
    """Who the node is, which engine it has, and its resources: total, promised, in use."""
    return await use.nodes.info()


@router.put("")
async def update_info(use: Use, body: NodeUpdate) -> NodeView:
    """Change what people are told about the node."""
    return await use.nodes.update(body)
