"""``/info``: the master itself."""

from __future__ import annotations

from fastapi import APIRouter

from oaasplatform.master.api.dependencies import Use
from oaasplatform.master.schemas.masters import MasterUpdate, MasterView

router = APIRouter(prefix="/info", tags=["master"])


@router.get("")
async def get_info(use: Use) -> MasterView:
    """Who the master is, and how many nodes it has."""
    return await use.master.info()


@router.put("")
async def update_info(use: Use, body: MasterUpdate) -> MasterView:
    """Change what people are told about the master."""
    return await use.master.update(body)
