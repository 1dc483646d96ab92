"""``python -m oaasplatform.member``: one of several processes of a node. ``main`` starts it.

Standard input brings the settings, and says by its end that the parent is gone; standard output takes one line, once
the process is ready or can't start.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import socket
import sys
import threading

from oaasplatform import logs
from oaasplatform.bootstrap import node_process
from oaasplatform.domain.errors import OaasError
from oaasplatform.serving import loop_factory, served, settle_down, stop_event
from oaasplatform.settings import Settings

_IN, _OUT, _ERR = 0, 1, 2


def main() -> None:
    """Serve until SIGTERM, or until the parent is gone."""
    settings: Settings
    # From the parent, through a pipe that nobody else has.
    settings, descriptor = pickle.load(sys.stdin.buffer)  # noqa: S301
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    logs.configure(settings)
    with socket.socket(fileno=descriptor) as public, asyncio.Runner(loop_factory=loop_factory()) as runner:
        os.set_inheritable(descriptor, False)
        try:
            runner.run(_serve(settings, public))
        except OaasError as error:
            _tell(f"!{error.detail}")
            sys.exit(1)


async def _serve(settings: Settings, public: socket.socket) -> None:
    stop = stop_event(signal.SIGTERM)
    # Ctrl-C reaches all processes of a terminal, but the parent ends this one. Not by SIG_IGN, which units inherit.
    stop_event(signal.SIGINT)
    # The role is given up first: else another process that ends could take it for a moment.
    async with (
        node_process(settings, public.getsockname()[:2]) as node,
        served(node.api, public),
        node.at_work(served),
    ):
        settle_down()
        _tell(json.dumps({"runtime": node.runtime, "uid": node.uid}))
        await stop.wait()


def _tell(line: str) -> None:
    """The one line that the parent reads; whatever else is printed goes where the log goes."""
    os.write(_OUT, line.replace("\n", " ").encode() + b"\n")
    os.dup2(_ERR, _OUT)


def _end_with_parent() -> None:
    """At once, as by SIGKILL: whoever starts the node again finds its port and its role free."""
    while os.read(_IN, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
