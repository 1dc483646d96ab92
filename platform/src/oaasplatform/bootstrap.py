"""The composition root: the only place that picks concrete drivers and wires everything."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import time
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
from oaasplatform.domain.errors import DatabaseUnavailable, EngineUnavailable, LeadershipLost, SettingsInvalid
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
_POOL, _POOL_OF_MANY = 16, 8
"""Connections of a process to the database, in the larger of its pools."""
_CALLBACK_PORT_SECONDS = 5.0
"""How long a former leader may take to leave the port for callbacks."""
_LEAVE_SECONDS = 2.0
"""How long the end waits for the role, which another process of this node has just given back."""
_SETTLED_SECONDS = 60.0
"""Work that lasted so long begins again without a rest."""

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
    at_work: Callable[[ServeCallbacks], contextlib.AbstractAsyncContextManager[None]]
    """While it lasts, this process leads or stands by. It serves an application on a socket as it is told."""


@asynccontextmanager
async def node_alone(settings: Settings, address: tuple[str, int]) -> AsyncIterator[NodeApplication]:
    """Everything of a node in one process but its public listener (at ``address``), for as long as the context lasts.

    What needs the engine starts when the engine answers; until then the API says so.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending
    """
    with _data_dir(settings):
        async with _wired(settings, address, shared=False) as wiring:
            try:
                yield wiring.application
            finally:
                await wiring.leave()


@asynccontextmanager
async def node_of_many(settings: Settings) -> AsyncIterator[Settings]:
    """What a node of several processes has once: data directory, database, choice of the runtime, and end.

    Gives the settings for :func:`node_process`. Raises as :func:`node_alone`.
    """
    with _data_dir(settings):
        _sealer(settings)
        database = _database(settings, shared=False)
        try:
            await database.prepare()
            settings = settings.model_copy(update={"runtime": await _choice(settings)})
            yield settings
            try:
                async with _wired(settings, (settings.host, settings.port), shared=True) as wiring:
                    await wiring.leave()
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
        sealer = _sealer(settings)
        database = _database(settings, shared=shared)
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
        yield _Wiring(settings, address, database, node, runtime, _dialects(settings, session, runtime), sealer)


def _database(settings: Settings, *, shared: bool) -> Database:
    return Database(
        external_dsn(settings),
        settings.data_dir,
        auto_migrate=settings.auto_migrate,
        connections=_POOL if settings.workers == 1 else _POOL_OF_MANY,
        shared=shared,
    )


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
    if await _choice(settings) == "docker":
        return DockerRuntime(
            node_uid,
            settings.data_dir,
            network=settings.network,
            network_mode_host=settings.network_mode_host,
        )
    return ProcessRuntime(node_uid, settings.data_dir)


async def _choice(settings: Settings) -> str:
    choice = settings.runtime
    if choice == "auto":
        reason = await engine_answers()
        choice = "docker" if reason is None else "process"
        log.info("runtime chosen", runtime=choice, docker=reason or "answers")
    return choice


def _dialects(settings: Settings, session: aiohttp.ClientSession, runtime: Runtime) -> list[RepositoryProtocol]:
    """All that this node speaks, those first that are the first to be tried."""
    output, log_ = settings.max_output_bytes, settings.max_log_bytes
    dialects: list[RepositoryProtocol] = [OaasProtocol(session, max_output_bytes=output, max_log_bytes=log_)]
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
    """Services and workers of one process."""

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

    @property
    def application(self) -> NodeApplication:
        """What serves."""
        settings = self._settings
        return NodeApplication(
            api=create_app(self.services, max_body_bytes=settings.max_body_bytes, cors_origins=settings.cors_origins),
            runtime=self._runtime.name,
            uid=self._node.uid,
            at_work=self._at_work,
        )

    @asynccontextmanager
    async def _at_work(self, serve_callbacks: ServeCallbacks) -> AsyncIterator[None]:
        task = asyncio.create_task(self._keep_working(serve_callbacks), name="engine-work")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep_working(self, serve_callbacks: ServeCallbacks) -> None:
        """Everything in the background, whenever this process leads. A failure is logged, and all begins again."""
        rests = delays(first=0.2, most=30.0)

        async def work(term: int) -> None:
            log.info("this process leads", process=os.getpid(), term=term)
            await self._work(term, serve_callbacks)

        while True:
            began = time.monotonic()
            try:
                await self._database.leadership.lead(work)
            except (LeadershipLost, DatabaseUnavailable) as error:
                log.warning("standing by", reason=error.detail)
            except Exception:
                log.exception("the work in the background failed and begins again")
            if time.monotonic() - began > _SETTLED_SECONDS:
                rests = delays(first=0.2, most=30.0)
            await asyncio.sleep(next(rests))

    async def _work(self, term: int, serve_callbacks: ServeCallbacks) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:

            def watch(*topics: str) -> asyncio.Event:
                return stack.enter_context(self._database.listener.subscribe(*topics))

            tasks.create_task(supervisor.run(self._supervision, watch(RELEASE), watch(INSTANCES)), name="supervisor")
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
                instances_changed=watch(INSTANCES),
                term=term,
                callback_url=f"http://{host}:{port}",
                user_limit=self._settings.user_limit,
            )
            async with AsyncExitStack() as listeners:
                await listeners.enter_async_context(serve_callbacks(app, callbacks))
                for fixed in self._bind_fixed(host):
                    await listeners.enter_async_context(serve_callbacks(app, fixed))
                await self._discovery.recover()
                async with asyncio.TaskGroup() as with_engine:
                    with_engine.create_task(dispatcher.run(dispatch, watch(QUEUE, INSTANCES)))
                    with_engine.create_task(reconciler.run(self._reconciliation, watch(INSTANCES)))
                    with_engine.create_task(registrar.run(self._discovery, watch(REPOSITORIES)))

    async def leave(self) -> None:
        """What the settings want to happen to instances when the node ends; nothing if another node has taken over."""
        try:
            if not await self._database.leadership.lead(self._leave, patience=_LEAVE_SECONDS):
                log.info("another process leads, and looks after the instances")
        except (LeadershipLost, DatabaseUnavailable) as error:
            log.warning("instances are left as they are", reason=error.detail)

    async def _leave(self, term: int) -> None:
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
        node = await self._database.nodes.get_or_create(self._settings.node_name)
        port = self._settings.callback_port or node.callback_port or 0
        try:
            bound = await _listen_patiently(host, port)
        except OSError as error:
            log.warning("the callback port is taken, choosing another one", port=port, reason=str(error))
            bound = _listen(host, 0)
        await self._database.nodes.update({"callback_port": bound.getsockname()[1]})
        return bound


async def _listen_patiently(host: str, port: int) -> socket.socket:
    """Raises ``OSError`` when the port stays taken."""
    deadline = time.monotonic() + _CALLBACK_PORT_SECONDS
    for rest in delays(first=0.05, most=0.5):
        try:
            return _listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
        await asyncio.sleep(rest)
    raise AssertionError("unreachable")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)
