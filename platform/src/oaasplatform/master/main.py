"""Serve a master until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable

import structlog

from oaasplatform import logs
from oaasplatform.master.bootstrap import master
from oaasplatform.master.settings import MasterSettings
from oaasplatform.serving import bind, loop_factory, served, settle_down, stop_event, url_of

log = structlog.get_logger(__name__)


def serve(settings: MasterSettings, on_ready: Callable[[str], None]) -> None:
    """Run a master until SIGTERM or SIGINT. ``on_ready`` gets its URL.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending
    """
    logs.configure(settings)
    with asyncio.Runner(loop_factory=loop_factory()) as runner, bind(settings.host, settings.port) as public:
        runner.run(_serve(settings, public, on_ready))


async def _serve(settings: MasterSettings, public: socket.socket, on_ready: Callable[[str], None]) -> None:
    stop = stop_event(signal.SIGTERM, signal.SIGINT)
    async with master(settings) as running, served(running.api, public):
        settle_down()
        log.info("master ready", url=url_of(public), master=running.uid)
        on_ready(url_of(public))
        await stop.wait()
        log.info("master ends")
