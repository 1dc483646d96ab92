"""The master itself: who it is, how it is."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib.metadata import version

from oaasplatform.domain.errors import DatabaseUnavailable
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.masters import Master
from oaasplatform.master.schemas.masters import MasterUpdate, MasterView
from oaasplatform.schemas.nodes import Check, HealthView


class MasterService:
    """Information about the master and its health."""

    def __init__(self, database: MasterDatabase, *, name: str) -> None:
        self._database = database
        self._name = name

    async def info(self) -> MasterView:
        """The master with a count of its nodes. Raises ``DatabaseUnavailable``."""
        return await self._view(await self._database.masters.get_or_create(self._name))

    async def update(self, request: MasterUpdate) -> MasterView:
        """Change what people are told about the master."""
        return await self._view(await self._database.masters.update(request.model_dump(exclude_none=True)))

    async def health(self) -> HealthView:
        """Whether the database answers."""
        try:
            await self._database.ping()
            check = Check(status="ok")
        except DatabaseUnavailable as error:
            check = Check(status="failing", detail=error.detail)
        return HealthView(
            status=check.status,
            checks={"database": check},
            leader=self._database.leadership.term is not None,
            process=os.getpid(),
        )

    async def _view(self, master: Master) -> MasterView:
        nodes = await self._database.nodes.count_by_status()
        return MasterView(**asdict(master), version=version("oaas-platform"), nodes=nodes)
