"""Serve a node until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import pickle
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from oaasplatform import logs
from oaasplatform.bootstrap import node_alone, node_of_many
from oaasplatform.domain.errors import ProcessFailed, SettingsInvalid
from oaasplatform.kit.crew import Crew, NotReady
from oaasplatform.settings import Settings

_FINISH_SECONDS = 3
"""How long answers under way (waiting clients, event streams) may hold up the end."""
_KEEP_ALIVE_SECONDS = 75
"""How long a client may be silent before its connection is closed; longer than most clients and proxies keep one."""
_WEBSOCKET_MESSAGE_BYTES = 16 * 2**20
"""The same limit as instances have."""

OnReady = Callable[[str, str], None]

log = structlog.get_logger(__name__)


def serve(settings: Settings, on_ready: OnReady | None = None) -> None:
    """Run a node until SIGTERM or SIGINT. ``on_ready`` gets its URL and the name of its runtime.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending, ProcessFailed
    """
    logs.configure(settings)
    with asyncio.Runner(loop_factory=loop_factory()) as runner, _bind(settings.host, settings.port) as public:
        runner.run((_serve if settings.workers == 1 else _have_served)(settings, public, on_ready or _say_nothing))


async def _serve(settings: Settings, public: socket.socket, on_ready: OnReady) -> None:
    """In this process alone."""
    stop = stop_event(signal.SIGTERM, signal.SIGINT)
    async with (
        node_alone(settings, public.getsockname()[:2]) as node,
        node.at_work(served),
        served(node.api, public),
    ):
        settle_down()
        _announce(public, node.runtime, node.uid, on_ready)
        await stop.wait()
        log.info("node ends")


async def _have_served(settings: Settings, public: socket.socket, on_ready: OnReady) -> None:
    """By processes of their own (see ``member``), which share the socket."""
    stop = stop_event(signal.SIGTERM, signal.SIGINT)
    async with node_of_many(settings) as settings:
        crew = Crew(
            [sys.executable, "-m", "oaasplatform.member"],
            settings.workers,
            parcel=pickle.dumps((settings, public.fileno())),
            descriptors=[public.fileno()],
        )
        try:
            async with crew.at_work() as said:
                facts = json.loads(said[0])
                _announce(public, facts["runtime"], facts["uid"], on_ready)
                await stop.wait()
                log.info("node ends")
        except NotReady as error:
            raise ProcessFailed(f"A process of the node did not get ready ({error}).") from error


def _announce(public: socket.socket, runtime: str, uid: str, on_ready: OnReady) -> None:
    host, port = public.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    log.info("node ready", url=url, runtime=runtime, node=uid)
    on_ready(url, runtime)


def _say_nothing(url: str, runtime: str) -> None:
    pass


def settle_down() -> None:
    """What was made so far stays: the garbage collector need not stop the work to look at it again and again."""
    gc.collect()
    gc.freeze()


def stop_event(*signals: signal.Signals) -> asyncio.Event:
    """An event that is set by the first of these signals."""
    stop = asyncio.Event()
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise SettingsInvalid(f"Can't listen on {host}:{port}: {error.strerror or error}.") from error


class _Server(uvicorn.Server):
    """Leaves signals to us: two servers share one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an application on a bound socket while the context lasts."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        # What a header says of a sender is no reason to trust it: callbacks are told by their addresses.
        proxy_headers=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
        ws="websockets-sansio",
        ws_max_size=_WEBSOCKET_MESSAGE_BYTES,
        # A few compressed bytes of a caller could become as many messages of that size as fit into one read.
        ws_per_message_deflate=False,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http-server")
    try:
        yield
    finally:
        server.should_exit = True
        await task


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one."""
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop
