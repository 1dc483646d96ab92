"""The composition root: the only place that picks concrete drivers and wires everything."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from fastapi import FastAPI

from oaasplatform.api.app import create_app
from oaasplatform.api.callbacks import create_callback_app
from oaasplatform.api.dependencies import Services
from oaasplatform.database.config import external_dsn
from oaasplatform.database.database import Database
from oaasplatform.database.notifications import INSTANCES, QUEUE, RELEASE, REPOSITORIES
from oaasplatform.domain.errors import EngineUnavailable, SettingsInvalid
from oaasplatform.domain.nodes import Node
from oaasplatform.kit.backoff import delays
from oaasplatform.kit.locks import Locked, exclusive
from oaasplatform.kit.sealing import Sealer
from oaasplatform.protocols.auto import AutoProtocol
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.protocols.command import CommandProtocol
from oaasplatform.protocols.matlab import MatlabProtocol
from oaasplatform.protocols.oaas import OaasProtocol
from oaasplatform.runtimes.base import Credentials, Runtime
from oaasplatform.runtimes.docker import DockerRuntime, engine_answers
from oaasplatform.runtimes.process import ProcessRuntime
from oaasplatform.services.callbacks import CallbackService
from oaasplatform.services.discovery import DiscoveryService
from oaasplatform.services.dispatch import DispatchService
from oaasplatform.services.executions import ExecutionService
from oaasplatform.services.history import HistoryService
from oaasplatform.services.instances import InstanceService
from oaasplatform.services.nodes import NodeService
from oaasplatform.services.reconciliation import ReconciliationService
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.repositories import AlgorithmCache, RepositoryService
from oaasplatform.services.status_messages import StatusMessageService
from oaasplatform.services.supervision import SupervisionService
from oaasplatform.settings import Settings
from oaasplatform.workers import dispatcher, janitor, reconciler, registrar, supervisor

_CONNECTIONS = 512
"""To instances, all together."""

log = structlog.get_logger(__name__)
ServeCallbacks = Callable[[FastAPI, socket.socket], contextlib.AbstractAsyncContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class NodeApplication:
    """A node that runs."""

    api: FastAPI
    runtime: str
    """``docker``, ``process``, ..."""
    uid: str
    """Marks everything the node makes in the engine."""


@asynccontextmanager
async def running_node(
    settings: Settings, address: tuple[str, int], serve_callbacks: ServeCallbacks
) -> AsyncIterator[NodeApplication]:
    """Everything of a node but its public listener (at ``address``), for as long as the context lasts.

    ``serve_callbacks`` serves an application on a socket. What needs the engine starts when the engine answers;
    until then the API says so.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(_data_dir(settings))
        sealer = _sealer(settings)
        database = Database(external_dsn(settings), settings.data_dir, auto_migrate=settings.auto_migrate)
        stack.push_async_callback(database.close)
        await database.open()
        node = await database.nodes.get_or_create(settings.node_name)
        runtime = await choose_runtime(settings, node.uid)
        stack.push_async_callback(runtime.close)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        )
        wiring = _Wiring(
            settings, address, database, node, runtime, _dialects(settings, session, runtime, database), sealer
        )
        engine = asyncio.create_task(wiring.keep_working(serve_callbacks), name="engine-work")
        try:
            yield NodeApplication(
                api=create_app(
                    wiring.services, max_body_bytes=settings.max_body_bytes, cors_origins=settings.cors_origins
                ),
                runtime=runtime.name,
                uid=node.uid,
            )
        finally:
            engine.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await engine
            await wiring.leave()


@contextlib.contextmanager
def _data_dir(settings: Settings) -> Iterator[None]:
    """Make the data directory and keep other nodes out of it."""
    directory = settings.data_dir
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with exclusive(directory / "node.lock"):
            yield
    except Locked as error:
        raise SettingsInvalid(
            f"Another node (process {error.owner}) uses {directory}. Stop it, or name another one with --data-dir."
        ) from error


async def choose_runtime(settings: Settings, node_uid: str) -> Runtime:
    """The driver that the settings name; ``auto`` takes Docker when an engine answers."""
    choice = settings.runtime
    if choice == "auto":
        reason = await engine_answers()
        choice = "docker" if reason is None else "process"
        log.info("runtime chosen", runtime=choice, docker=reason or "answers")
    if choice == "docker":
        return DockerRuntime(
            node_uid,
            settings.data_dir,
            network=settings.network,
            network_mode_host=settings.network_mode_host,
        )
    return ProcessRuntime(node_uid, settings.data_dir)


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
            MatlabProtocol(session, max_output_bytes=output),
            CommandProtocol(runtime, max_output_bytes=output, max_log_bytes=log_),
        ]
    return dialects


def _default_credentials(settings: Settings) -> dict[str, Credentials]:
    """By host of the registry."""
    if settings.registry_url is None:
        return {}
    password = settings.registry_password.get_secret_value()
    return {settings.registry_url: Credentials(username=settings.registry_user, password=password)}


def _sealer(settings: Settings) -> Sealer:
    key = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    key_file = settings.data_dir / "secret.key"
    try:
        return Sealer(key or None, key_file)
    except (ValueError, OSError) as error:
        place = "OAAS_SECRET_KEY" if key else key_file
        raise SettingsInvalid(f"{place} has no usable key: {error}.") from error


class _Wiring:
    """Services and workers of one node."""

    def __init__(
        self,
        settings: Settings,
        address: tuple[str, int],
        database: Database,
        node: Node,
        runtime: Runtime,
        dialects: list[RepositoryProtocol],
        sealer: Sealer,
    ) -> None:
        self._settings = settings
        self._dialects = dialects
        self._database = database
        self._node = node
        self._runtime = runtime
        probing = (
            AutoProtocol(dialects, name="auto", writable=False),
            AutoProtocol(dialects, name="auto-writable", writable=True),
        )
        known = {dialect.name: dialect for dialect in dialects}
        protocols: dict[str, RepositoryProtocol] = {**known, **{each.name: each for each in probing}}
        self._protocols = protocols
        self._messages = StatusMessageService(
            database,
            max_output_bytes=settings.max_output_bytes,
            max_log_bytes=settings.max_log_bytes,
            poll_seconds=settings.poll_interval,
        )
        self._supervision = SupervisionService(database, protocols, self._messages, poll_seconds=settings.poll_interval)
        self._history = HistoryService(database, days=settings.history_days)
        registries = RegistryService(database, sealer, _default_credentials(settings))
        self._reconciliation = ReconciliationService(
            database, runtime, protocols, self._supervision, registries, ready_timeout=settings.ready_timeout
        )
        self._discovery = DiscoveryService(
            database, runtime, known, probing, registries, ready_timeout=settings.ready_timeout
        )
        self.services = Services(
            registries=registries,
            repositories=RepositoryService(database, registries, allowed_images=settings.allowed_images),
            instances=InstanceService(database, runtime, protocols, allow_overcommit=settings.allow_overcommit),
            executions=ExecutionService(
                database, protocols, AlgorithmCache(database), max_attempts=settings.max_attempts
            ),
            callbacks=CallbackService(database, protocols, self._messages),
            nodes=NodeService(database, runtime, name=settings.node_name, address=address),
        )

    async def keep_working(self, serve_callbacks: ServeCallbacks) -> None:
        """Everything in the background, until cancelled. A failure is logged, and all of it begins again."""
        for rest in delays(first=1.0, most=30.0):
            try:
                await self._work(serve_callbacks)
            except Exception:
                log.exception("the work in the background failed and begins again")
                await asyncio.sleep(rest)

    async def _work(self, serve_callbacks: ServeCallbacks) -> None:
        listener = self._database.listener
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                supervisor.run(self._supervision, listener.watch(RELEASE), listener.watch(INSTANCES)),
                name="supervisor",
            )
            tasks.create_task(janitor.run(self._history), name="janitor")
            await self._open_runtime()
            callbacks = await self._bind_callbacks()
            host, port = callbacks.getsockname()[:2]
            app = create_callback_app(self.services, max_output_bytes=self._settings.max_output_bytes)
            dispatch = DispatchService(
                self._database,
                self._protocols,
                self._messages,
                self._supervision,
                callback_url=f"http://{host}:{port}",
                user_limit=self._settings.user_limit,
            )
            async with AsyncExitStack() as listeners:
                await listeners.enter_async_context(serve_callbacks(app, callbacks))
                for fixed in self._bind_fixed(host):
                    await listeners.enter_async_context(serve_callbacks(app, fixed))
                await self._discovery.recover()
                async with asyncio.TaskGroup() as with_engine:
                    with_engine.create_task(dispatcher.run(dispatch, listener.watch(QUEUE, INSTANCES)))
                    with_engine.create_task(reconciler.run(self._reconciliation, listener.watch(INSTANCES)))
                    with_engine.create_task(registrar.run(self._discovery, listener.watch(REPOSITORIES)))

    async def leave(self) -> None:
        """What the settings want to happen to instances when the node ends."""
        try:
            if self._settings.purge_on_exit:
                await self._reconciliation.purge()
            elif self._settings.stop_instances_on_exit:
                await self._reconciliation.stop_all()
            else:
                await self._reconciliation.say_what_goes_on()
        except EngineUnavailable as error:
            log.warning("instances are left as they are", reason=error.detail)

    def _bind_fixed(self, host: str) -> list[socket.socket]:
        """Sockets at the ports that some dialects have for callbacks, as far as they are free at this address."""
        bound = []
        for port in {each.traits.callback_port for each in self._dialects if each.traits.callback_port is not None}:
            try:
                bound.append(_listen(host, port))
            except OSError as error:
                # If it is taken by this node's API, that takes the callbacks; otherwise runs are asked about.
                log.info("no listener of its own for the callbacks of a dialect", port=port, reason=str(error))
        return bound

    async def _open_runtime(self) -> None:
        for rest in delays(first=0.2, most=5.0):
            try:
                await self._runtime.open()
            except EngineUnavailable as error:
                log.warning("waiting for the container engine", reason=error.detail)
                await asyncio.sleep(rest)
            else:
                return

    async def _bind_callbacks(self) -> socket.socket:
        """A socket on the address that instances reach, on the same port as last time: running algorithms know it."""
        host = self._runtime.callback_host
        port = self._settings.callback_port or self._node.callback_port or 0
        try:
            bound = _listen(host, port)
        except OSError as error:
            log.warning("the callback port is taken, choosing another one", port=port, reason=str(error))
            bound = _listen(host, 0)
        await self._database.nodes.update({"callback_port": bound.getsockname()[1]})
        return bound


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)
