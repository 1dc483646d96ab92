"""Tidying up: uploads that nobody finished, keys that nobody repeats, batches that are over, what is too old."""

from __future__ import annotations

from datetime import timedelta

import structlog

from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import FederatedSubmission
from oaasplatform.master.schemas.executions import FederatedExecutionCreate
from oaasplatform.services.batches import BatchService
from oaasplatform.services.history import IDLE_UPLOADS, KEYS_AGE

_CYCLE = 60.0

log = structlog.get_logger(__name__)


class TidyingService:
    """What is to be done from time to time."""

    def __init__(
        self,
        database: MasterDatabase,
        batches: BatchService[FederatedExecutionCreate, FederatedSubmission],
        *,
        days: int | None,
    ) -> None:
        """``days``: how long executions are kept after their submission; None: for ever."""
        self._executions = database.executions
        self._documents = database.documents
        self._batches = batches
        self._age = None if days is None else timedelta(days=days)

    async def tidy(self) -> float:
        """One round. Returns the seconds until the next."""
        await self._executions.forget_keys(KEYS_AGE)
        await self._documents.sweep(IDLE_UPLOADS)
        await self._batches.tend()
        if self._age is not None and (count := await self._executions.forget(self._age)):
            log.info("history forgotten", executions=count)
        return _CYCLE
