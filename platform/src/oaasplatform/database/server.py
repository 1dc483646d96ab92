"""The connection of a program to PostgreSQL, whatever its tables are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import msgspec
import structlog

from oaasplatform.database.changes import Changes
from oaasplatform.database.config import Schema
from oaasplatform.database.embedded import EmbeddedPostgres
from oaasplatform.database.errors import translated
from oaasplatform.database.leadership import Leadership
from oaasplatform.database.migrate import migrate
from oaasplatform.database.notifications import Listener
from oaasplatform.domain.errors import DatabaseUnavailable, MigrationsPending

log = structlog.get_logger(__name__)


class DatabaseServer:
    """The server, a pool, the listener and the role. Reconnects by itself; restarts an embedded server that died."""

    def __init__(
        self,
        dsn: str | None,
        data_dir: Path,
        schema: Schema,
        *,
        auto_migrate: bool,
        connections: int = 16,
        shared: bool = False,
    ) -> None:
        """``dsn``: None for an embedded server in ``data_dir``. ``connections``: of the pool, at most.

        ``shared``: another process has made the database ready, and ends the embedded server.
        """
        self._embedded = EmbeddedPostgres(data_dir) if dsn is None else None
        self._dsn = dsn or ""
        self._schema = schema
        self._auto_migrate = auto_migrate
        self._connections = connections
        self._shared = shared
        self._pool: asyncpg.Pool | None = None
        self.changes = Changes()
        self.listener = Listener(self._connect_apart, self.changes)
        self.leadership = Leadership(self._connect_apart, self.listener, self_table=schema.self_table)

    async def prepare(self) -> None:
        """Start the embedded server and migrate, where needed.

        Raises:
            DatabaseUnavailable, MigrationsPending
        """
        await self._start_server()
        try:
            await migrate(self._dsn, self._schema, allowed=self._auto_migrate)
        except MigrationsPending:
            # The embedded server goes on, or the command that the message names would find none.
            self._embedded = None
            raise

    async def close(self) -> None:
        """Disconnect; an embedded server is shut down unless it is shared."""
        await self.listener.close()
        if self._pool is not None:
            try:
                async with asyncio.timeout(5):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()
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

    async def _make_ready(self) -> None:
        """What comes before any connection. Raises as :meth:`prepare`."""
        await (self._start_server() if self._shared else self.prepare())

    async def _open_pool(self) -> asyncpg.Pool:
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
        return self._pool

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
