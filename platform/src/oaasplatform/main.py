"""Serve a node until it is told to end."""

from __future__ import annotations

import asyncio
import json
import pickle
import signal
import socket
import sys
from collections.abc import Callable

import structlog

from oaasplatform import logs
from oaasplatform.bootstrap import node_alone, node_of_many
from oaasplatform.domain.errors import ProcessFailed
from oaasplatform.kit.crew import Crew, NotReady
from oaasplatform.serving import bind, loop_factory, served, settle_down, stop_event, url_of
from oaasplatform.settings import Settings

OnReady = Callable[[str, str], None]

log = structlog.get_logger(__name__)


def serve(settings: Settings, on_ready: OnReady | None = None) -> None:
    """Run a node until SIGTERM or SIGINT. ``on_ready`` gets its URL and the name of its runtime.

    Raises:
        SettingsInvalid, DatabaseUnavailable, MigrationsPending, ProcessFailed
    """
    logs.configure(settings)
    with asyncio.Runner(loop_factory=loop_factory()) as runner, bind(settings.host, settings.port) as public:
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
    url = url_of(public)
    log.info("node ready", url=url, runtime=runtime, node=uid)
    on_ready(url, runtime)


def _say_nothing(url: str, runtime: str) -> None:
    pass
