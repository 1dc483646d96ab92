"""Tidying up: uploads that nobody finished, keys that nobody repeats, batches that are over."""

from __future__ import annotations

from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import FederatedSubmission
from oaasplatform.master.schemas.executions import FederatedExecutionCreate
from oaasplatform.services.batches import BatchService
from oaasplatform.services.history import IDLE_UPLOADS, KEYS_AGE

_CYCLE = 60.0


class TidyingService:
    """What is to be done from time to time."""

    def __init__(
        self, database: MasterDatabase, batches: BatchService[FederatedExecutionCreate, FederatedSubmission]
    ) -> None:
        self._executions = database.executions
        self._documents = database.documents
        self._batches = batches

    async def tidy(self) -> float:
        """One round. Returns the seconds until the next."""
        await self._executions.forget_keys(KEYS_AGE)
        await self._documents.sweep(IDLE_UPLOADS)
        await self._batches.tend()
        return _CYCLE
