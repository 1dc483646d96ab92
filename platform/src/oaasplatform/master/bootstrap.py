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
from oaasplatform.database.notifications import CALLBACKS, QUEUE, RELEASE
from oaasplatform.master.api.app import create_app
from oaasplatform.master.api.dependencies import Services
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.database.queries.nodes import NODES
from oaasplatform.master.domain.fleet import Fleet
from oaasplatform.master.protocols.nodes import NodeApi
from oaasplatform.master.protocols.runs import NodeRuns
from oaasplatform.master.schemas.executions import federated_view
from oaasplatform.master.services.catalogue import AlgorithmCache, CatalogueService
from oaasplatform.master.services.dispatch import DispatchService
from oaasplatform.master.services.doors import Doors
from oaasplatform.master.services.executions import ExecutionService
from oaasplatform.master.services.fleets import FleetService
from oaasplatform.master.services.heartbeats import HeartbeatService
from oaasplatform.master.services.joining import JoiningService
from oaasplatform.master.services.masters import MasterService
from oaasplatform.master.services.metrics import Metrics, MetricsService
from oaasplatform.master.services.passing import PassingService
from oaasplatform.master.services.reconciliation import ReconciliationService
from oaasplatform.master.services.registry import RegistryService
from oaasplatform.master.services.reports import ReportService
from oaasplatform.master.services.submissions import SubmissionService
from oaasplatform.master.services.tidying import TidyingService
from oaasplatform.master.settings import MasterSettings
from oaasplatform.master.workers import janitor, router, sentinel
from oaasplatform.protocols.calls import new_session
from oaasplatform.protocols.passthrough import HttpPassage
from oaasplatform.services.batches import BatchService
from oaasplatform.services.notifications import NotificationService
from oaasplatform.services.outbox import ExecutionOutbox
from oaasplatform.services.webhooks import WebhookService
from oaasplatform.webhooks.base import Patience
from oaasplatform.webhooks.guard import checked_guard
from oaasplatform.workers import notifier

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
        guard = checked_guard(settings.callback_allow)
        metrics = Metrics()
        doors = Doors(database, secrets)
        runs = NodeRuns(session)
        fleet = Fleet()
        members = FleetService(database, fleet)
        reports = ReportService(database, doors, runs, fleet)
        stack.push_async_callback(reports.close)
        submissions = SubmissionService(database, AlgorithmCache(database), guard, max_attempts=settings.max_attempts)
        batches = BatchService(database, submissions)
        dispatch = DispatchService(database, fleet, doors, runs, reports, master_uid=itself.uid)
        reconciliation = ReconciliationService(
            database,
            fleet,
            doors,
            runs,
            reports,
            dispatch,
            poll_seconds=settings.poll_interval,
            loss_seconds=settings.node_loss_timeout,
        )
        webhooks = WebhookService(database.webhooks, database.masters, secrets)
        services = Services(
            master=MasterService(database, name=settings.master_name),
            registry=RegistryService(database),
            joining=JoiningService(database, NodeApi(session), secrets, uid=itself.uid),
            heartbeats=HeartbeatService(database, metrics, silence=settings.node_silence, audience=[members.hear]),
            catalogue=CatalogueService(database),
            passing=PassingService(database, doors, passage),
            executions=ExecutionService(database, fleet, doors, runs, reports, submissions),
            batches=batches,
            reports=reports,
            webhooks=webhooks,
            metrics=MetricsService(database, metrics),
        )

        outbox = ExecutionOutbox(
            database.webhooks, database.executions, services.executions, view=federated_view, uid=itself.uid
        )

        async def work(term: int) -> None:
            """What the process that leads does (see ``oaasplatform.database.leadership``)."""
            async with AsyncExitStack() as listening, asyncio.TaskGroup() as tasks:

                def watch(*topics: str) -> asyncio.Event:
                    return listening.enter_context(database.listener.subscribe(*topics))

                tasks.create_task(sentinel.run(services.heartbeats), name="sentinel")
                notify = watch(CALLBACKS)
                notifications = NotificationService(
                    outbox,
                    webhooks,
                    listening.enter_context(database.changes.gather(notify)),
                    guard=guard,
                    patience=Patience(attempts=settings.callback_attempts),
                    wakeup=notify,
                )
                tasks.create_task(notifier.run(notifications, notify), name="notifier")
                tidying = TidyingService(database, batches, days=settings.history_days)
                tasks.create_task(janitor.run(tidying), name="janitor")
                tasks.create_task(
                    router.run(
                        members,
                        dispatch,
                        reconciliation,
                        nodes=watch(NODES),
                        queue=watch(QUEUE),
                        release=watch(RELEASE, NODES),
                    ),
                    name="router",
                )

        background = asyncio.create_task(database.leadership.keep(work), name="background-work")
        stack.push_async_callback(_ended, background)
        api = create_app(services, max_body_bytes=settings.max_body_bytes, cors_origins=settings.cors_origins)
        yield MasterApplication(api=api, uid=itself.uid)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
