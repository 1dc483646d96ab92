"""The composition root of the master: the only place that picks concrete parts and wires everything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from oaasplatform.data_directory import occupied, sealer
from oaasplatform.database.config import external_dsn
from oaasplatform.master.api.app import create_app
from oaasplatform.master.api.dependencies import Services
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.protocols.nodes import NodeApi
from oaasplatform.master.services.catalogue import CatalogueService
from oaasplatform.master.services.heartbeats import HeartbeatService
from oaasplatform.master.services.joining import JoiningService
from oaasplatform.master.services.masters import MasterService
from oaasplatform.master.services.metrics import Metrics, MetricsService
from oaasplatform.master.services.passing import PassingService
from oaasplatform.master.services.registry import RegistryService
from oaasplatform.master.settings import MasterSettings
from oaasplatform.master.workers import sentinel
from oaasplatform.protocols.calls import new_session
from oaasplatform.protocols.passthrough import HttpPassage

_CONNECTIONS = 512
"""To nodes, all together."""
_CONNECT_SECONDS = 2.0
_IDLE_SECONDS = 660.0
"""Longer than a node lets callers wait for the end of something."""


@dataclass(frozen=True, kw_only=True)
class MasterApplication:
    """A master that runs."""

    api: FastAPI
    uid: str


@asynccontextmanager
async def master(settings: MasterSettings) -> AsyncIterator[MasterApplication]:
    """Everything of a master but its listener, for as long as the context lasts.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(occupied(settings.data_dir))
        secrets = sealer(settings)
        database = MasterDatabase(external_dsn(settings), settings.data_dir, auto_migrate=settings.auto_migrate)
        stack.push_async_callback(database.close)
        await database.open()
        itself = await database.masters.get_or_create(settings.master_name)
        session = await stack.enter_async_context(new_session(_CONNECTIONS))
        passage = HttpPassage(idle_seconds=_IDLE_SECONDS, connect_seconds=_CONNECT_SECONDS)
        stack.push_async_callback(passage.close)
        metrics = Metrics()
        services = Services(
            master=MasterService(database, name=settings.master_name),
            registry=RegistryService(database),
            joining=JoiningService(database, NodeApi(session), secrets, uid=itself.uid),
            heartbeats=HeartbeatService(database, metrics, silence=settings.node_silence),
            catalogue=CatalogueService(database),
            passing=PassingService(database, passage, secrets),
            metrics=MetricsService(database, metrics),
        )

        async def work(term: int) -> None:
            """What the process that leads does (see ``oaasplatform.database.leadership``)."""
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(sentinel.run(services.heartbeats), name="sentinel")

        background = asyncio.create_task(database.leadership.keep(work), name="background-work")
        stack.push_async_callback(_ended, background)
        api = create_app(services, max_body_bytes=settings.max_body_bytes, cors_origins=settings.cors_origins)
        yield MasterApplication(api=api, uid=itself.uid)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
