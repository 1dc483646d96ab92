"""Serve a node until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from oaasplatform import logs
from oaasplatform.bootstrap import running_node
from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.settings import Settings

_FINISH_SECONDS = 3
"""How long answers under way (waiting clients, event streams) may hold up the end."""
_WEBSOCKET_MESSAGE_BYTES = 16 * 2**20
"""The same limit as instances have."""

log = structlog.get_logger(__name__)


def serve(settings: Settings, on_ready: Callable[[str, str], None] | None = None) -> None:
    """Run a node until SIGTERM or SIGINT. ``on_ready`` gets its URL and the name of its runtime.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending
    """
    logs.configure(settings)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, on_ready))


async def _serve(settings: Settings, on_ready: Callable[[str, str], None] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    public = _bind(settings.host, settings.port)
    host, port = public.getsockname()[:2]
    with public:
        async with running_node(settings, (host, port), _served) as node, _served(node.api, public):
            url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            log.info("node ready", url=url, runtime=node.runtime, node=node.uid)
            if on_ready is not None:
                on_ready(url, node.runtime)
            await stop.wait()
            log.info("node ends")


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
async def _served(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
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


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop
