"""What the process that leads does: everything that needs the engine, and all that is done once for a node."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from fastapi import FastAPI

from oaasplatform.api.callbacks import create_callback_app
from oaasplatform.api.dependencies import Services
from oaasplatform.database.database import Database
from oaasplatform.database.notifications import CALLBACKS, INSTANCES, MEMBERSHIP, QUEUE, RELEASE, REPOSITORIES
from oaasplatform.domain.errors import DatabaseUnavailable, EngineUnavailable, LeadershipLost
from oaasplatform.kit.backoff import delays
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.runtimes.base import Runtime
from oaasplatform.services.discovery import DiscoveryService
from oaasplatform.services.dispatch import DispatchService
from oaasplatform.services.heartbeats import HeartbeatService
from oaasplatform.services.history import HistoryService
from oaasplatform.services.notifications import NotificationService
from oaasplatform.services.reconciliation import ReconciliationService
from oaasplatform.services.status_messages import StatusMessageService
from oaasplatform.services.supervision import SupervisionService
from oaasplatform.settings import Settings
from oaasplatform.webhooks.base import Outbox, Patience
from oaasplatform.webhooks.guard import Guard
from oaasplatform.workers import dispatcher, herald, janitor, notifier, reconciler, registrar, supervisor

_CALLBACK_PORT_SECONDS = 5.0
"""How long a former leader may take to leave the port for callbacks."""
_LEAVE_SECONDS = 2.0
"""How long the end waits for the role, which another process of this node has just given back."""

log = structlog.get_logger(__name__)
ServeCallbacks = Callable[[FastAPI, socket.socket], contextlib.AbstractAsyncContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Leading:
    """The work of a leader, done by whichever process has the role (see ``database.leadership``)."""

    settings: Settings
    database: Database
    runtime: Runtime
    dialects: Sequence[RepositoryProtocol]
    protocols: Mapping[str, RepositoryProtocol]
    services: Services
    messages: StatusMessageService
    supervision: SupervisionService
    outbox: Outbox
    guard: Guard
    history: HistoryService
    reconciliation: ReconciliationService
    discovery: DiscoveryService
    heartbeats: HeartbeatService

    @asynccontextmanager
    async def at_work(self, serve_callbacks: ServeCallbacks) -> AsyncIterator[None]:
        """While it lasts, this process leads or stands by. It serves an application on a socket as it is told."""
        work = self.database.leadership.keep(lambda term: self._work(term, serve_callbacks))
        task = asyncio.create_task(work, name="engine-work")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _work(self, term: int, serve_callbacks: ServeCallbacks) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:

            def watch(*topics: str) -> asyncio.Event:
                return stack.enter_context(self.database.listener.subscribe(*topics))

            tasks.create_task(supervisor.run(self.supervision, watch(RELEASE), watch(INSTANCES)), name="supervisor")
            notify = watch(CALLBACKS)
            notifications = NotificationService(
                self.outbox,
                self.services.webhooks,
                stack.enter_context(self.database.changes.gather(notify)),
                guard=self.guard,
                patience=Patience(attempts=self.settings.callback_attempts),
                wakeup=notify,
            )
            tasks.create_task(notifier.run(notifications, notify), name="notifier")
            tasks.create_task(janitor.run(self.history), name="janitor")
            beats = herald.run(self.heartbeats, watch(MEMBERSHIP, INSTANCES, REPOSITORIES), watch(MEMBERSHIP))
            tasks.create_task(beats, name="herald")
            await self._open_runtime()
            callbacks = await self._bind_callbacks()
            host, port = callbacks.getsockname()[:2]
            app = create_callback_app(self.services, max_output_bytes=self.settings.max_output_bytes)
            dispatch = DispatchService(
                self.database,
                self.protocols,
                self.messages,
                self.supervision,
                instances_changed=watch(INSTANCES),
                term=term,
                callback_url=f"http://{host}:{port}",
                user_limit=self.settings.user_limit,
            )
            async with AsyncExitStack() as listeners:
                await listeners.enter_async_context(serve_callbacks(app, callbacks))
                for fixed in self._bind_fixed(host):
                    await listeners.enter_async_context(serve_callbacks(app, fixed))
                await self.discovery.recover()
                async with asyncio.TaskGroup() as with_engine:
                    listeners.enter_context(self.database.openings.served_by(dispatch))
                    with_engine.create_task(dispatcher.run(dispatch, watch(QUEUE, INSTANCES)))
                    with_engine.create_task(reconciler.run(self.reconciliation, watch(INSTANCES)))
                    with_engine.create_task(registrar.run(self.discovery, watch(REPOSITORIES)))

    async def leave(self) -> None:
        """What the settings want to happen to instances when the node ends; nothing if another node has taken over."""
        try:
            if not await self.database.leadership.lead(self._leave, patience=_LEAVE_SECONDS):
                log.info("another process leads, and looks after the instances")
        except (LeadershipLost, DatabaseUnavailable) as error:
            log.warning("instances are left as they are", reason=error.detail)

    async def _leave(self, term: int) -> None:
        try:
            if self.settings.purge_on_exit:
                await self.reconciliation.purge()
            elif self.settings.stop_instances_on_exit:
                await self.reconciliation.stop_all()
            else:
                await self.reconciliation.say_what_goes_on()
        except EngineUnavailable as error:
            log.warning("instances are left as they are", reason=error.detail)

    def _bind_fixed(self, host: str) -> list[socket.socket]:
        """Sockets at the ports that some dialects have for callbacks, as far as they are free at this address."""
        bound = []
        for port in {each.traits.callback_port for each in self.dialects if each.traits.callback_port is not None}:
            try:
                bound.append(_listen(host, port))
            except OSError as error:
                # If it is taken by this node's API, that takes the callbacks; otherwise runs are asked about.
                log.info("no listener of its own for the callbacks of a dialect", port=port, reason=str(error))
        return bound

    async def _open_runtime(self) -> None:
        for rest in delays(first=0.2, most=5.0):
            try:
                await self.runtime.open()
            except EngineUnavailable as error:
                log.warning("waiting for the container engine", reason=error.detail)
                await asyncio.sleep(rest)
            else:
                return

    async def _bind_callbacks(self) -> socket.socket:
        """A socket on the address that instances reach, on the same port as last time: running algorithms know it."""
        host = self.runtime.callback_host
        node = await self.database.nodes.get_or_create(self.settings.node_name)
        port = self.settings.callback_port or node.callback_port or 0
        try:
            bound = await _listen_patiently(host, port)
        except OSError as error:
            log.warning("the callback port is taken, choosing another one", port=port, reason=str(error))
            bound = _listen(host, 0)
        await self.database.nodes.update({"callback_port": bound.getsockname()[1]})
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
