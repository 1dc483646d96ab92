"""The composition root: the only place that picks concrete drivers and wires everything."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from fastapi import FastAPI
from pydantic import ValidationError

from oaasplatform.api.app import create_app
from oaasplatform.api.dependencies import Services
from oaasplatform.data_directory import occupied, sealer
from oaasplatform.database.config import external_dsn
from oaasplatform.database.database import Database
from oaasplatform.domain.errors import DatabaseUnavailable, SettingsInvalid
from oaasplatform.domain.exchanges import Passage
from oaasplatform.domain.nodes import Node
from oaasplatform.kit.sealing import Sealer
from oaasplatform.leading import Leading, ServeCallbacks
from oaasplatform.protocols.auto import AutoProtocol
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.protocols.calls import new_session
from oaasplatform.protocols.cog import CogProtocol
from oaasplatform.protocols.command import CommandProtocol
from oaasplatform.protocols.direct import DirectProtocol
from oaasplatform.protocols.master import MasterApi
from oaasplatform.protocols.matlab import MatlabProtocol
from oaasplatform.protocols.oaas import OaasProtocol
from oaasplatform.protocols.optimaix import OptimaixProtocol
from oaasplatform.protocols.passthrough import HttpPassage
from oaasplatform.runtimes.base import Credentials, Runtime
from oaasplatform.runtimes.docker import DockerRuntime, engine_answers
from oaasplatform.runtimes.process import ProcessRuntime
from oaasplatform.schemas.memberships import JoinOrder
from oaasplatform.services.batches import BatchService
from oaasplatform.services.callbacks import CallbackService
from oaasplatform.services.comparisons import ComparisonService
from oaasplatform.services.discovery import DiscoveryService
from oaasplatform.services.executions import ExecutionService
from oaasplatform.services.heartbeats import HeartbeatService
from oaasplatform.services.history import HistoryService
from oaasplatform.services.instances import InstanceService
from oaasplatform.services.memberships import MembershipService
from oaasplatform.services.nodes import NodeService
from oaasplatform.services.outbox import ExecutionOutbox
from oaasplatform.services.proxy import ProxyService
from oaasplatform.services.reconciliation import ReconciliationService
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.repositories import AlgorithmCache, RepositoryService
from oaasplatform.services.status_messages import StatusMessageService
from oaasplatform.services.submissions import SubmissionService
from oaasplatform.services.supervision import SupervisionService
from oaasplatform.services.webhooks import WebhookService
from oaasplatform.settings import Settings
from oaasplatform.webhooks.guard import Guard

_CONNECTIONS = 512
"""To instances, all together."""
_POOL, _POOL_OF_MANY = 16, 8
"""Connections of a process to the database, in the larger of its pools."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class NodeApplication:
    """A node that runs."""

    api: FastAPI
    runtime: str
    """``docker``, ``process``, ..."""
    uid: str
    """Marks everything the node makes in the engine."""
    at_work: Callable[[ServeCallbacks], contextlib.AbstractAsyncContextManager[None]]
    """While it lasts, this process leads or stands by. It serves an application on a socket as it is told."""


@asynccontextmanager
async def node_alone(settings: Settings, address: tuple[str, int]) -> AsyncIterator[NodeApplication]:
    """Everything of a node in one process but its public listener (at ``address``), for as long as the context lasts.

    What needs the engine starts when the engine answers; until then the API says so.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending
    """
    with occupied(settings.data_dir):
        async with _wired(settings, address, shared=False) as wiring:
            try:
                yield wiring.application
            finally:
                await wiring.leading.leave()


@asynccontextmanager
async def node_of_many(settings: Settings) -> AsyncIterator[Settings]:
    """What a node of several processes has once: data directory, database, choice of the runtime, and end.

    Gives the settings for :func:`node_process`. Raises as :func:`node_alone`.
    """
    with occupied(settings.data_dir):
        sealer(settings)
        database = _database(settings, shared=False)
        try:
            await database.prepare()
            settings = settings.model_copy(update={"runtime": await _choice(settings)})
            yield settings
            try:
                async with _wired(settings, (settings.host, settings.port), shared=True) as wiring:
                    await wiring.leading.leave()
            except DatabaseUnavailable as error:
                log.warning("instances are left as they are", reason=error.detail)
        finally:
            await database.stop_server()


@asynccontextmanager
async def node_process(settings: Settings, address: tuple[str, int]) -> AsyncIterator[NodeApplication]:
    """One of several processes of a node, within :func:`node_of_many` of another process. Raises the same."""
    async with _wired(settings, address, shared=True) as wiring:
        yield wiring.application


@asynccontextmanager
async def _wired(settings: Settings, address: tuple[str, int], *, shared: bool) -> AsyncIterator[_Wiring]:
    async with AsyncExitStack() as stack:
        secrets = sealer(settings)
        database = _database(settings, shared=shared)
        stack.push_async_callback(database.close)
        await database.open()
        node = await database.nodes.get_or_create(settings.node_name)
        runtime = await choose_runtime(settings, node.uid)
        stack.push_async_callback(runtime.close)
        session = await stack.enter_async_context(new_session(_CONNECTIONS))
        passage = HttpPassage()
        stack.push_async_callback(passage.close)
        dialects = _dialects(settings, session, runtime, database)
        yield _Wiring(settings, address, database, node, runtime, dialects, secrets, passage, MasterApi(session))


def _database(settings: Settings, *, shared: bool) -> Database:
    return Database(
        external_dsn(settings),
        settings.data_dir,
        auto_migrate=settings.auto_migrate,
        connections=_POOL if settings.workers == 1 else _POOL_OF_MANY,
        shared=shared,
    )


async def choose_runtime(settings: Settings, node_uid: str) -> Runtime:
    """The driver that the settings name; ``auto`` takes Docker when an engine answers."""
    if await _choice(settings) == "docker":
        return DockerRuntime(
            node_uid,
            settings.data_dir,
            network=settings.network,
            network_mode_host=settings.network_mode_host,
            stack_networks=settings.stack_networks,
        )
    return ProcessRuntime(node_uid, settings.data_dir)


async def _choice(settings: Settings) -> str:
    choice = settings.runtime
    if choice == "auto":
        reason = await engine_answers()
        choice = "docker" if reason is None else "process"
        log.info("runtime chosen", runtime=choice, docker=reason or "answers")
    return choice


def _dialects(
    settings: Settings, session: aiohttp.ClientSession, runtime: Runtime, database: Database
) -> list[RepositoryProtocol]:
    """All that this node speaks, those first that are the first to be tried."""
    output, log_ = settings.max_output_bytes, settings.max_log_bytes
    dialects: list[RepositoryProtocol] = [
        OaasProtocol(session, database.documents, max_output_bytes=output, max_log_bytes=log_)
    ]
    if isinstance(runtime, DockerRuntime):
        dialects += [
            OptimaixProtocol(max_output_bytes=output, redis_image=settings.redis_image),
            MatlabProtocol(session, max_output_bytes=output),
            CogProtocol(session, max_message_bytes=output + settings.max_body_bytes + log_, max_log_bytes=log_),
            CommandProtocol(runtime, max_output_bytes=output, max_log_bytes=log_),
            DirectProtocol(),
        ]
    return dialects


def _default_credentials(settings: Settings) -> dict[str, Credentials]:
    """By host of the registry."""
    if settings.registry_url is None:
        return {}
    password = settings.registry_password.get_secret_value()
    return {settings.registry_url: Credentials(username=settings.registry_user, password=password)}


def _invitation(settings: Settings) -> JoinOrder | None:
    """The master that the settings name, with a token for it. Raises ``SettingsInvalid``."""
    token = settings.master_token.get_secret_value()
    if not settings.master_url or not token:
        return None
    try:
        return JoinOrder(url=settings.master_url, token=token)
    except ValidationError as error:
        raise SettingsInvalid(f"OAAS_MASTER_URL and OAAS_MASTER_TOKEN: {error.errors()[0]['msg']}.") from error


def _guard(settings: Settings) -> Guard:
    try:
        return Guard(settings.callback_allow)
    except ValueError as error:
        raise SettingsInvalid(f"OAAS_CALLBACK_ALLOW: {error}.") from error


class _Wiring:
    """Services of one process, and what it does when it leads."""

    def __init__(
        self,
        settings: Settings,
        address: tuple[str, int],
        database: Database,
        node: Node,
        runtime: Runtime,
        dialects: list[RepositoryProtocol],
        secrets: Sealer,
        passage: Passage,
        master: MasterApi,
    ) -> None:
        self._settings = settings
        self._node = node
        self._runtime = runtime
        probing = (
            AutoProtocol(dialects, name="auto", writable=False),
            AutoProtocol(dialects, name="auto-writable", writable=True),
        )
        known = {dialect.name: dialect for dialect in dialects}
        protocols: dict[str, RepositoryProtocol] = {**known, **{each.name: each for each in probing}}
        messages = StatusMessageService(
            database,
            max_output_bytes=settings.max_output_bytes,
            max_log_bytes=settings.max_log_bytes,
            poll_seconds=settings.poll_interval,
        )
        guard = _guard(settings)
        supervision = SupervisionService(database, protocols, messages, poll_seconds=settings.poll_interval)
        registries = RegistryService(database, secrets, _default_credentials(settings))
        nodes = NodeService(database, runtime, name=settings.node_name, address=address)
        memberships = MembershipService(database, master, secrets, node_name=settings.node_name, address=address)
        submissions = SubmissionService(
            database, protocols, AlgorithmCache(database), max_attempts=settings.max_attempts, guard=guard
        )
        batches = BatchService(database, submissions)
        self.services = Services(
            registries=registries,
            repositories=RepositoryService(database, registries, allowed_images=settings.allowed_images),
            instances=InstanceService(database, runtime, protocols, allow_overcommit=settings.allow_overcommit),
            executions=ExecutionService(database, protocols, submissions, user_limit=settings.user_limit),
            batches=batches,
            comparisons=ComparisonService(database),
            callbacks=CallbackService(database, protocols, messages),
            webhooks=WebhookService(database, secrets),
            nodes=nodes,
            memberships=memberships,
            proxy=ProxyService(database, passage),
        )
        self.leading = Leading(
            settings=settings,
            database=database,
            runtime=runtime,
            dialects=dialects,
            protocols=protocols,
            services=self.services,
            messages=messages,
            supervision=supervision,
            outbox=ExecutionOutbox(database, self.services.executions, node_uid=node.uid),
            guard=guard,
            history=HistoryService(database, batches, days=settings.history_days),
            reconciliation=ReconciliationService(
                database, runtime, protocols, supervision, registries, ready_timeout=settings.ready_timeout
            ),
            discovery=DiscoveryService(
                database, runtime, known, probing, registries, ready_timeout=settings.ready_timeout
            ),
            heartbeats=HeartbeatService(
                database,
                runtime,
                memberships,
                nodes,
                master,
                allow_overcommit=settings.allow_overcommit,
                invitation=_invitation(settings),
            ),
        )

    @property
    def application(self) -> NodeApplication:
        """What serves."""
        settings = self._settings
        return NodeApplication(
            api=create_app(self.services, max_body_bytes=settings.max_body_bytes, cors_origins=settings.cors_origins),
            runtime=self._runtime.name,
            uid=self._node.uid,
            at_work=self.leading.at_work,
        )
