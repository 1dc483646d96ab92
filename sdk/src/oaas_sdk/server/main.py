"""Serving a module: socket, workers, HTTP, signals."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from oaas_sdk.server.pool import Pool
from oaas_sdk.server.settings import Settings

log = logging.getLogger(__name__)

GRACE = 1.5
"""Seconds that requests under way and dying workers are given at the end."""


def serve(target: str, settings: Settings) -> int:
    """Serve a module until SIGTERM or SIGINT; gives the exit code.

    Raises:
        OSError: the address cannot be listened on, or the port file not be written.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    listener = _listen(settings)
    log.info("listening on %s:%d", *listener.getsockname()[:2])
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(target, settings, listener))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # it is faster, but optional
        return None
    return uvloop.new_event_loop


async def _serve(target: str, settings: Settings, listener: socket.socket) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    pool = Pool(target, settings.concurrency, _write_stray)
    await pool.spawn()
    # The workers are importing the module already, and meanwhile this process imports its own half.
    from oaas_sdk.server.app import Api
    from oaas_sdk.server.callbacks import Callbacks
    from oaas_sdk.server.http import make_server
    from oaas_sdk.server.runs import Runs

    callbacks = Callbacks()
    runs = Runs(pool, callbacks, settings)
    server = make_server(Api(pool, runs, settings).app())
    warming = asyncio.create_task(_keep_warm(pool))
    serving = asyncio.create_task(server.serve([listener]))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait([warming, serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (warming, serving):
        if task.done():
            log.error("giving up: %s", task.exception())
    await runs.close()
    warming.cancel()
    server.should_exit = True
    await asyncio.wait([asyncio.create_task(pool.close()), serving], timeout=GRACE)
    await callbacks.close()
    return 0 if stopped.is_set() else 1


async def _keep_warm(pool: Pool) -> None:
    """Returns never; raises PoolBroken."""
    await pool.warm_up()
    log.info("ready: %s", ", ".join(algorithm.name for algorithm in pool.algorithms.values()))
    await pool.broken


def _write_stray(data: bytes) -> None:
    """What workers write outside of runs belongs to the log of the instance."""
    sys.stderr.buffer.write(data)
    sys.stderr.buffer.flush()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named, and that algorithm costs 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    listener.listen(1024)
    if settings.port_file is not None:
        _write_atomically(settings.port_file, f"{listener.getsockname()[1]}\n")
    return listener


def _write_atomically(path: Path, text: str) -> None:
    """Write a file that appears with all its content or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(text)
    written = Path(file.name)
    written.chmod(0o644)
    written.replace(path)
