"""The registry: which nodes there are."""

from __future__ import annotations

from oaasplatform.domain.paging import Paging
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.nodes import MemberNode, NodeFilter
from oaasplatform.master.schemas.nodes import MemberNodeUpdate


class RegistryService:
    """Looking at nodes, and what people say about them."""

    def __init__(self, database: MasterDatabase) -> None:
        self._nodes = database.nodes

    async def get(self, id_: int) -> MemberNode:
        """Raises ``NotFound``."""
        return await self._nodes.get(id_)

    async def page(self, wanted: NodeFilter, paging: Paging) -> tuple[list[MemberNode], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._nodes.page(wanted, paging)

    async def update(self, id_: int, request: MemberNodeUpdate) -> MemberNode:
        """Change what people say about a node. Raises ``NotFound``."""
        return await self._nodes.update(id_, request.model_dump(exclude_none=True, by_alias=False))
