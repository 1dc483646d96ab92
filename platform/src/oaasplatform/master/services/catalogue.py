"""The catalogue: which algorithms there are, and where."""

from __future__ import annotations

from oaasplatform.domain.paging import Paging
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.catalogue import Algorithm, AlgorithmFilter


class CatalogueService:
    """Looking at algorithms; ``heartbeats`` brings them."""

    def __init__(self, database: MasterDatabase) -> None:
        self._catalogue = database.catalogue

    async def get(self, id_: int) -> Algorithm:
        """Raises ``NotFound``, also if no node has it any more."""
        return await self._catalogue.get(id_)

    async def page(self, wanted: AlgorithmFilter, paging: Paging) -> tuple[list[Algorithm], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._catalogue.page(wanted, paging)
