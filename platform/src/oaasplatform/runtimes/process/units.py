"""What is known about a unit: the files in its directory."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oaasplatform.kit.backoff import delays
from oaasplatform.runtimes.base import Unit, UnitState

_NAME = re.compile(r"(\d+)-(\d+)")


def is_unit_id(text: str) -> bool:
    """Whether it can be the id of a unit, and so is safe as the name of a directory."""
    return _NAME.fullmatch(text) is not None


def unit_id(instance_id: int, generation: int) -> str:
    """Identifies a unit of a node, and names its directory."""
    return f"{instance_id}-{generation}"


@dataclass(frozen=True)
class UnitFiles:
    """The directory of one unit, which may not exist (yet, or any more)."""

    directory: Path

    @property
    def port_file(self) -> Path:
        """Where the unit writes the port it listens on."""
        return self.directory / "port"

    @property
    def scratch(self) -> Path:
        """Temporary files of the unit."""
        return self.directory / "tmp"

    def prepare(
        self, command: Sequence[str], directory: Path | None, environment: Mapping[str, str], log_bytes: int
    ) -> None:
        """Write down what the supervisor shall run; in the scratch directory unless another one is given."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.scratch.mkdir(exist_ok=True)
        document = {
            "command": list(command),
            "directory": str(directory or self.scratch),
            "environment": dict(environment),
            "logBytes": log_bytes,
        }
        (self.directory / "launch.json").write_text(json.dumps(document), encoding="utf-8")

    def state(self) -> UnitState:
        """Judged by the supervisor's lock, which ends with it: process ids are used again, clocks are changed."""
        try:
            with (self.directory / "supervisor").open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return UnitState.CREATED
        except BlockingIOError:
            return UnitState.RUNNING
        return UnitState.EXITED

    def unit(self) -> Unit | None:
        """The unit as it is now; None when it is gone."""
        match = _NAME.fullmatch(self.directory.name)
        if match is None or not self.directory.is_dir():
            return None
        state = self.state()
        port = self._read("port") if state is UnitState.RUNNING else None
        ended: dict[str, Any] = json.loads(self._read("exit.json") or "{}") if state is UnitState.EXITED else {}
        return Unit(
            id=self.directory.name,
            instance_id=int(match[1]),
            generation=int(match[2]),
            state=state,
            base_url=f"http://127.0.0.1:{int(port)}" if port else None,
            exit_code=ended.get("exitCode"),
            started_at=None if state is UnitState.CREATED else self._changed("supervisor"),
            finished_at=datetime.fromtimestamp(ended["finishedAt"], UTC) if ended else None,
        )

    def supervisor(self) -> int | None:
        """Process id of the supervisor if it runs."""
        text = self._read("supervisor")
        return int(text) if text and self.state() is UnitState.RUNNING else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor if it runs."""
        pid = self.supervisor()
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    async def ended(self) -> None:
        """Wait until the unit does not run."""
        pid = self.supervisor()
        if pid is None:
            return
        if not hasattr(os, "pidfd_open"):
            for rest in delays(first=0.02, most=0.5):
                if self.state() is not UnitState.RUNNING:
                    return
                await asyncio.sleep(rest)
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(process, over.set)
        try:
            # Only now it is sure that the id was not given to another process before we took hold of it.
            if self.state() is UnitState.RUNNING:
                await over.wait()
        finally:
            loop.remove_reader(process)
            os.close(process)

    def remove(self) -> None:
        """Delete all files."""
        try:
            shutil.rmtree(self.directory)
        except FileNotFoundError:
            return

    def _read(self, name: str) -> str | None:
        try:
            return (self.directory / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def _changed(self, name: str) -> datetime | None:
        try:
            return datetime.fromtimestamp((self.directory / name).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
