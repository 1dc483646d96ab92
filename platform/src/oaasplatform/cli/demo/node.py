"""The node of the demo: a process with a temporary data directory."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

from oaasplatform.cli.errors import Failure

START_TIMEOUT = 180.0
STOP_TIMEOUT = 60.0
"""Seconds; stopping includes removing every container."""
LOG_TAIL = 15
_OWN_SETTINGS = ("OAAS_", "POSTGRES_", "DATABASE_URL", "NETWORK_MODE_HOST")
"""Variables of another node, which the demo must not touch."""


class DemoNode:
    """``oaas up`` in the background; it removes its containers and its network when it ends."""

    def __init__(self, home: Path, runtime: str) -> None:
        self.log = home / "node.log"
        self.data_dir = home / "data"
        self._runtime = runtime
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Of the process, once it was started."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> dict[str, Any]:
        """Start the node and return what it says once it is ready: ``url``, ``docs`` and ``runtime``.

        Raises:
            Failure: it ended or took too long, with the end of its log.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
        options = ["--port", "0", "--data-dir", str(self.data_dir), "--runtime", self._runtime]
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches the demo alone, which then ends the node in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "oaasplatform.cli", "up", "--json", *options],
                env={**environment, "OAAS_PURGE_ON_EXIT": "true"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_TIMEOUT)
        line = self._process.stdout.readline() if readable else ""
        if not line:
            reason = "did not get ready in time" if not readable else "ended before it was ready"
            raise Failure(f"The node {reason}. The end of its log:", details=self.log_tail())
        facts: dict[str, Any] = json.loads(line)
        return facts

    def stop(self) -> None:
        """End the node and wait until everything of it is gone.

        Raises:
            Failure: it had to be killed.
        """
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=STOP_TIMEOUT)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise Failure(
                "The node did not end in time and was killed; containers of it may be left.",
                details=self.log_tail(),
                advice="`docker ps --all --filter label=io.oaas.node` lists them.",
            ) from error

    def log_tail(self) -> list[str]:
        """The last lines of the node's log."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            return [line.rstrip() for line in deque(log, LOG_TAIL)]
