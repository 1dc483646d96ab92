"""The node's connection to PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from tortoise import Tortoise

from oaasplatform.database.config import NODE, tortoise_config
from oaasplatform.database.errors import translated
from oaasplatform.database.openings import Openings
from oaasplatform.database.queries.batches import BatchQueries
from oaasplatform.database.queries.claims import ClaimQueries
from oaasplatform.database.queries.documents import DocumentQueries
from oaasplatform.database.queries.executions import ExecutionQueries
from oaasplatform.database.queries.forecasts import ForecastQueries
from oaasplatform.database.queries.history import HistoryQueries
from oaasplatform.database.queries.instances import InstanceQueries
from oaasplatform.database.queries.loads import LoadQueries
from oaasplatform.database.queries.memberships import MembershipQueries
from oaasplatform.database.queries.nodes import NodeQueries
from oaasplatform.database.queries.registries import RegistryQueries
from oaasplatform.database.queries.repositories import RepositoryQueries
from oaasplatform.database.queries.transitions import TransitionQueries
from oaasplatform.database.queries.webhooks import WebhookQueries
from oaasplatform.database.server import DatabaseServer


class Database(DatabaseServer):
    """The queries by noun, and what they need: a pool for the hot path, Tortoise for the rest."""

    def __init__(
        self, dsn: str | None, data_dir: Path, *, auto_migrate: bool, connections: int = 16, shared: bool = False
    ) -> None:
        """See :class:`~oaasplatform.database.server.DatabaseServer`."""
        super().__init__(dsn, data_dir, NODE, auto_migrate=auto_migrate, connections=connections, shared=shared)
        self.openings = Openings()
        self.nodes = NodeQueries()
        self.memberships = MembershipQueries()
        self.registries = RegistryQueries()
        self.repositories = RepositoryQueries()
        self.instances = InstanceQueries()

    async def open(self) -> None:
        """Connect; makes the database ready before, unless it is shared.

        Raises:
            DatabaseUnavailable, MigrationsPending
        """
        await self._make_ready()
        with translated():
            await Tortoise.init(config=tortoise_config(self._dsn, migrating=False), _enable_global_fallback=True)
            pool = await self._open_pool()
            self.documents = DocumentQueries(pool)
            self.executions = ExecutionQueries(pool, self.listener, self.changes, self.openings)
            self.batches = BatchQueries(pool)
            self.claims = ClaimQueries(pool, self.listener, self.changes)
            self.transitions = TransitionQueries(pool, self.listener, self.changes)
            self.loads = LoadQueries(pool)
            self.forecasts = ForecastQueries(pool)
            self.history = HistoryQueries(pool)
            self.webhooks = WebhookQueries(pool, self.listener)
            await self.history.prepare()
            await self.listener.open()

    async def close(self) -> None:
        """Disconnect; an embedded server is shut down unless it is shared."""
        await Tortoise.close_connections()
        await super().close()
