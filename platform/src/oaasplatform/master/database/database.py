"""The master's connection to PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from oaasplatform.database.errors import translated
from oaasplatform.database.server import DatabaseServer
from oaasplatform.master.database.config import MASTER
from oaasplatform.master.database.queries.catalogue import CatalogueQueries
from oaasplatform.master.database.queries.masters import MasterQueries
from oaasplatform.master.database.queries.nodes import NodeQueries
from oaasplatform.master.database.queries.tokens import TokenQueries


class MasterDatabase(DatabaseServer):
    """The queries by noun, all of them on one pool."""

    def __init__(self, dsn: str | None, data_dir: Path, *, auto_migrate: bool) -> None:
        """See :class:`~oaasplatform.database.server.DatabaseServer`."""
        super().__init__(dsn, data_dir, MASTER, auto_migrate=auto_migrate)

    async def open(self) -> None:
        """Make the database ready and connect.

        Raises:
            DatabaseUnavailable, MigrationsPending
        """
        await self._make_ready()
        with translated():
            pool = await self._open_pool()
            self.masters = MasterQueries(pool)
            self.nodes = NodeQueries(pool, self.listener)
            self.tokens = TokenQueries(pool)
            self.catalogue = CatalogueQueries(pool)
            await self.listener.open()
