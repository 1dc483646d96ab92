"""The node's connection to PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import msgspec
import structlog
from tortoise import Tortoise

from oaasplatform.database.changes import Changes
from oaasplatform.database.config import tortoise_config
from oaasplatform.database.embedded import EmbeddedPostgres
from oaasplatform.database.errors import translated
from oaasplatform.database.leadership import Leadership
from oaasplatform.database.migrate import migrate
from oaasplatform.database.notifications import Listener
from oaasplatform.database.openings import Openings
from oaasplatform.database.queries.batches import BatchQueries
from oaasplatform.database.queries.claims import ClaimQueries
from oaasplatform.database.queries.documents import DocumentQueries
from oaasplatform.database.queries.executions import ExecutionQueries
from oaasplatform.database.queries.forecasts import ForecastQueries
from oaasplatform.database.queries.history import HistoryQueries
from oaasplatform.database.queries.instances import InstanceQueries
from oaasplatform.database.queries.nodes import NodeQueries
from oaasplatform.database.queries.registries import RegistryQueries
from oaasplatform.database.queries.repositories import RepositoryQueries
from oaasplatform.database.queries.transitions import TransitionQueries
from oaasplatform.database.queries.webhooks import WebhookQueries
from oaasplatform.domain.errors import DatabaseUnavailable, MigrationsPending

log = structlog.get_logger(__name__)


class Database:
    """Pools, the listener, and the queries by noun. Reconnects by itself; restarts an embedded server that died."""

    def __init__(
        self, dsn: str | None, data_dir: Path, *, auto_migrate: bool, connections: int = 16, shared: bool = False
    ) -> None:
        """``dsn``: None for an embedded server in ``data_dir``. ``connections``: of the larger pool, at most.

        ``shared``: another process has made the database ready, and ends the embedded server.
        """
        self._embedded = EmbeddedPostgres(data_dir) if dsn is None else None
        self._dsn = dsn or ""
        self._auto_migrate = auto_migrate
        self._connections = connections
        self._shared = shared
        self._pool: asyncpg.Pool | None = None
        self.changes = Changes()
        self.openings = Openings()
        self.listener = Listener(self._connect_apart, self.changes)
        self.leadership = Leadership(self._connect_apart, self.listener)
        self.nodes = NodeQueries()
        self.registries = RegistryQueries()
        self.repositories = RepositoryQueries()
        self.instances = InstanceQueries()

    async def prepare(self) -> None:
        """Start the embedded server and migrate, where needed.

        Raises:
            DatabaseUnavailable, MigrationsPending
        """
        await self._start_server()
        try:
            await migrate(self._dsn, allowed=self._auto_migrate)
        except MigrationsPending:
            # The embedded server goes on, or the command that the message names would find none.
            self._embedded = None
            raise

    async def open(self) -> None:
        """Connect; makes the database ready before, unless it is shared.

        Raises:
            DatabaseUnavailable, MigrationsPending
        """
        await (self._start_server() if self._shared else self.prepare())
        with translated():
            await Tortoise.init(config=tortoise_config(self._dsn, migrating=False), _enable_global_fallback=True)
            self._pool = await asyncpg.create_pool(
                self._dsn,
                min_size=2,
                max_size=self._connections,
                init=self._init,
                # Nobody changes a session: no need to ask the server to forget changes after each statement.
                reset=_keep,
                # Plans that are made anew for each call cost more than they win, and grow with the partitions.
                # Scans by bitmap leave entries of dead rows in indexes, which others would be led by again and again.
                server_settings={"plan_cache_mode": "force_generic_plan", "enable_bitmapscan": "off"},
                timeout=10,
                command_timeout=60,
                max_inactive_connection_lifetime=0,
            )
            self.documents = DocumentQueries(self._pool)
            self.executions = ExecutionQueries(self._pool, self.listener, self.changes, self.openings)
            self.batches = BatchQueries(self._pool)
            self.claims = ClaimQueries(self._pool, self.listener, self.changes)
            self.transitions = TransitionQueries(self._pool, self.listener, self.changes)
            self.forecasts = ForecastQueries(self._pool)
            self.history = HistoryQueries(self._pool)
            self.webhooks = WebhookQueries(self._pool, self.listener)
            await self.history.prepare()
            await self.listener.open()

    async def close(self) -> None:
        """Disconnect; an embedded server is shut down unless it is shared."""
        await self.listener.close()
        if self._pool is not None:
            try:
                async with asyncio.timeout(5):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()
        await Tortoise.close_connections()
        if not self._shared:
            await self.stop_server()

    async def stop_server(self) -> None:
        """Shut the embedded server down, if there is one."""
        if self._embedded is not None:
            try:
                await self._embedded.stop()
            except DatabaseUnavailable as error:
                log.warning("the embedded PostgreSQL does not stop", reason=error.detail)

    async def ping(self) -> None:
        """Raise ``DatabaseUnavailable`` unless the database answers within two seconds."""
        assert self._pool is not None
        with translated():
            async with asyncio.timeout(2):
                await self._pool.fetchval("SELECT 1")

    async def _init(self, connection: asyncpg.Connection) -> None:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )
        pid = connection.get_server_pid()
        self.listener.own.add(pid)
        connection.add_termination_listener(lambda _: self.listener.own.discard(pid))

    async def _start_server(self) -> None:
        if self._embedded is not None:
            self._dsn = await self._embedded.start()

    async def _connect_apart(self) -> asyncpg.Connection:
        await self._start_server()
        return await asyncpg.connect(self._dsn, timeout=10)


async def _keep(connection: asyncpg.Connection) -> None:
    """Leave a connection as it is."""
