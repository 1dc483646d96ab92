"""The programs of the demos: processes with temporary data directories."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oaasplatform.cli.errors import Failure

START_TIMEOUT = 180.0
STOP_TIMEOUT = 60.0
"""Seconds; stopping includes removing every container."""
LOG_TAIL = 15
_OWN_SETTINGS = ("OAAS_", "POSTGRES_", "DATABASE_URL", "NETWORK_MODE_HOST")
"""Variables of another node, which the demo must not touch."""


class DemoProgram:
    """A program of ours in the background."""

    def __init__(self, home: Path, name: str, command: Sequence[str], **settings: str) -> None:
        """``command``: behind ``oaas``; ``settings``: environment variables."""
        self.name = name
        self.log = home / f"{name}.log"
        self.data_dir = home / name
        self._command = command
        self._settings = settings
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Of the process, once it was started."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> dict[str, Any]:
        """Start it, on the same port as before, and return what it says: ``url``, ``docs``, of a node also ``runtime``.

        Raises:
            Failure: it ended or took too long, with the end of its log.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
        options = ["--json", "--port", self._port, "--data-dir", str(self.data_dir)]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the demo alone, which then ends the program in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "oaasplatform.cli", *self._command, *options],
                env={**environment, **self._settings},
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
            raise Failure(f"The {self.name} {reason}. The end of its log:", details=self.log_tail())
        facts: dict[str, Any] = json.loads(line)
        self._port = facts["url"].rpartition(":")[2]
        return facts

    def stop(self) -> None:
        """End it and wait until everything of it is gone.

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
                f"The {self.name} did not end in time and was killed; containers of it may be left.",
                details=self.log_tail(),
                advice="`docker ps --all --filter label=io.oaas.node` lists them.",
            ) from error

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def log_tail(self) -> list[str]:
        """The last lines of its log."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            return [line.rstrip() for line in deque(log, LOG_TAIL)]


class DemoNode(DemoProgram):
    """``oaas up``; it removes its containers and its network when it ends."""

    def __init__(self, home: Path, runtime: str, name: str = "node") -> None:
        purge = {"OAAS_PURGE_ON_EXIT": "true", "OAAS_NODE_NAME": name}
        super().__init__(home, name, ["up", "--runtime", runtime], **purge)


class DemoMaster(DemoProgram):
    """``oaas master up``, with less patience than one has for nodes far away."""

    def __init__(self, home: Path) -> None:
        patience = {"OAAS_NODE_SILENCE": "3", "OAAS_NODE_LOSS_TIMEOUT": "4"}
        super().__init__(home, "master", ["master", "up"], **patience)
