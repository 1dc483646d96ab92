"""What `oaas doctor` looks at itself; the rest it asks the node's own code."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oaasplatform.cli import format
from oaasplatform.cli.client import NodeClient
from oaasplatform.cli.errors import Failure

OLDEST_PYTHON = (3, 11)
ENOUGH_SPACE = 5 * 10**9
LEAST_SPACE = 500 * 10**6
"""Bytes; an embedded PostgreSQL and a few images need that."""


@dataclass(frozen=True)
class Finding:
    """What one check found; ``ok`` is None for what works with limits."""

    name: str
    ok: bool | None
    detail: str
    advice: str | None = None

    @property
    def status(self) -> str:
        """``ok``, ``warn`` or ``fail``."""
        return "warn" if self.ok is None else "ok" if self.ok else "fail"

    def document(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {"name": self.name, "status": self.status, "detail": self.detail, "advice": self.advice}


def local(data_dir: Path) -> list[Finding]:
    """Python and the data directory."""
    return [_python(), _writable(data_dir), _space(data_dir)]


def node_answers(api: NodeClient, host: str, port: int) -> Finding:
    """Whether a node answers, or else whether its port is free to start one."""
    try:
        info = api.get("/info")
    except Failure as failure:
        if not port or _free(host, port):
            return Finding("node", None, f"none answers at {api.url}", "Start one with `oaas up`, or set OAAS_URL.")
        return Finding(
            "node",
            False,
            f"port {port} is taken, but no node answers at {api.url}: {failure.message}",
            "Start the node on another port: `oaas up --port 5001`.",
        )
    return Finding("node", True, f"{info['name']} {info['version']} at {api.url}, runtime {info['runtime']['name']}")


def _python() -> Finding:
    ok = sys.version_info >= OLDEST_PYTHON
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", ok, platform.python_version(), None if ok else f"Install Python {wanted} or newer.")


def _writable(data_dir: Path) -> Finding:
    place = _existing(data_dir)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Finding("data directory", True, f"{data_dir} is writable")
    return Finding(
        "data directory", False, f"{data_dir} can't be written", "Name another one with --data-dir or OAAS_DATA_DIR."
    )


def _space(data_dir: Path) -> Finding:
    free = shutil.disk_usage(_existing(data_dir)).free
    advice = f"Keep {format.size(ENOUGH_SPACE)} free for images and the database."
    ok = True if free >= ENOUGH_SPACE else None if free >= LEAST_SPACE else False
    return Finding("disk space", ok, f"{format.size(free)} free", None if ok else advice)


def _existing(path: Path) -> Path:
    """The path, or the nearest directory above it that exists."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
