"""How a program serves HTTP: sockets, uvicorn, the event loop, signals."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from oaasplatform.domain.errors import SettingsInvalid

_FINISH_SECONDS = 3
"""How long answers under way (waiting clients, event streams) may hold up the end."""
_KEEP_ALIVE_SECONDS = 75
"""How long a client may be silent before its connection is closed; longer than most clients and proxies keep one."""
_WEBSOCKET_MESSAGE_BYTES = 16 * 2**20
"""The same limit as instances have."""


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


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ``SettingsInvalid``."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise SettingsInvalid(f"Can't listen on {host}:{port}: {error.strerror or error}.") from error


def url_of(public: socket.socket) -> str:
    """Where a socket that listens is reached."""
    host, port = public.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


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
