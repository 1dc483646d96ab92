"""uvicorn, the way an instance needs it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

KEEP_ALIVE = 120
"""Seconds an idle connection is kept: longer than nodes keep theirs, so that none is closed under a request."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to :mod:`oaas_sdk.server.main`: uvicorn would die of them again after a graceful end."""
        yield


def make_server(app: Starlette) -> uvicorn.Server:
    """A server for the application; ``serve`` it on sockets, end it with ``should_exit``."""
    return _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=1,
        )
    )
