"""The driver: what a ``Runtime`` promises, by plain processes."""

from __future__ import annotations

import asyncio
import os
import platform
import shlex
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from oaas_sdk.contract import ENV_HOST, ENV_PORT, ENV_PORT_FILE
from oaasplatform.domain.errors import EngineUnavailable, ImageUnavailable, UnitFailed, WrongState
from oaasplatform.domain.images import Image
from oaasplatform.domain.quotas import WIRE_NAMES, Enforcement, Quota
from oaasplatform.runtimes.base import Credentials, EngineInfo, Unit, UnitSpec, UnitState, UnitStats
from oaasplatform.runtimes.meter import CpuMeter
from oaasplatform.runtimes.process import supervisor
from oaasplatform.runtimes.process.environments import Environments
from oaasplatform.runtimes.process.logs import read_logs
from oaasplatform.runtimes.process.sources import Module, Project, Sources, module_digest, parse_reference
from oaasplatform.runtimes.process.units import UnitFiles, is_unit_id, unit_id

_LOG_BYTES = 16 * 2**20
"""Kept of each unit's output."""
_KILL_SECONDS = 10.0
_NOT_ENFORCED = Enforcement(False, "the process runtime isolates nothing")
_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables that units get from the node. Not all: the node's own hold passwords."""


class ProcessRuntime:
    """Units are processes of the node's user, each below a supervisor that outlives the node.

    Everything is in ``data_dir/process/NODE``: ``units`` (see ``supervisor``), ``sources`` (copies of projects) and
    ``environments``.
    """

    name = "process"

    def __init__(self, node_id: str, data_dir: Path) -> None:
        self._home = data_dir.absolute() / "process" / node_id
        self._sources = Sources(self._home / "sources")
        self._environments = Environments(self._home / "environments")
        self._cpu = CpuMeter()
        self._listeners: set[asyncio.Event] = set()

    async def open(self) -> None:
        """Make the directory."""
        try:
            await asyncio.to_thread(self._units.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise EngineUnavailable(f"The data directory can't be used: {error}.") from error

    async def close(self) -> None:
        """Nothing is held."""

    @property
    def cleanup_command(self) -> str:
        """Supervisors name the directory of their unit in their command line, and end their unit with them."""
        return f"pkill -USR1 -f {shlex.quote(str(self._units))}"

    async def info(self) -> EngineInfo:
        """This machine."""
        place = next(each for each in (self._home, *self._home.parents) if each.exists())
        return EngineInfo(
            name=self.name,
            version=platform.python_version(),
            cpu=float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1),
            ram=int(psutil.virtual_memory().total),
            disk=int(psutil.disk_usage(str(place)).free),
            isolates=False,
        )

    @property
    def callback_host(self) -> str:
        """Units are on the same machine."""
        return "127.0.0.1"

    async def prepare(
        self,
        reference: str,
        *,
        refresh: bool = False,
        on_progress: Callable[[str], None] | None = None,
        credentials: Credentials | None = None,
    ) -> Image:
        """Copy the project and see to its environment. The sources are read again each time, ``refresh`` or not."""
        source = parse_reference(reference)
        if isinstance(source, Module):
            return Image(reference=reference, digest=await asyncio.to_thread(module_digest, source))
        digest = await asyncio.to_thread(self._sources.copy, source)
        await self._interpreter(source, digest, on_progress)
        return Image(reference=reference, digest=digest)

    def enforceable(self, quota: Quota, *, writable: bool = False) -> dict[str, Enforcement]:
        """Nothing."""
        return {wire: _NOT_ENFORCED for field, wire in WIRE_NAMES.items() if getattr(quota, field) is not None}

    async def start(self, spec: UnitSpec) -> tuple[Unit, dict[str, Enforcement]]:
        """Start a supervisor with the unit below it, or adopt it."""
        if spec.stack is not None:
            raise UnitFailed("Stacks need containers, and this node, which has the process runtime, has none.")
        files = self._files(unit_id(spec.instance_id, spec.generation))
        if files.state() is UnitState.CREATED:
            command, directory = await self._command(spec)
            await asyncio.to_thread(
                files.prepare, command, directory, _environment(files, spec.environment), _LOG_BYTES
            )
            await _launch(files)
            self._announce()
        unit = files.unit()
        if unit is None:
            raise UnitFailed("The unit was removed while it was being started.")
        return unit, self.enforceable(spec.quota)

    async def stop(self, unit_id: str, *, grace: float = 5.0) -> None:
        """SIGTERM to the unit's first process, then SIGKILL to all of them."""
        files = self._files(unit_id)
        files.signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await files.ended()
        await self._kill(files)
        self._announce()

    async def remove(self, unit_id: str) -> None:
        """Kill the unit and delete its files."""
        files = self._files(unit_id)
        await self._kill(files)
        await asyncio.to_thread(files.remove)
        self._cpu.forget(unit_id)
        self._announce()

    async def units(self) -> list[Unit]:
        """One for each directory."""
        return await asyncio.to_thread(self._list)

    def logs(
        self, unit_id: str, *, tail: int | None = None, follow: bool = False, service: str | None = None
    ) -> AsyncIterator[bytes]:
        """What the supervisor wrote down; the oldest part of a long one is gone."""
        return read_logs(self._files(unit_id), tail=tail, follow=follow)

    async def stats(self, unit_id: str) -> UnitStats:
        """Add up all processes of the unit; memory that they share counts several times."""
        files = self._files(unit_id)

        async def cpu_seconds() -> float:
            return sum(sum(times[:4]) for times in await asyncio.to_thread(_measure, files, "cpu_times"))

        cores = await self._cpu.cores(unit_id, cpu_seconds)
        memory = await asyncio.to_thread(_measure, files, "memory_info")
        threads = await asyncio.to_thread(_measure, files, "num_threads")
        return UnitStats(
            cpu=cores,
            memory=sum(each.rss for each in memory),
            memory_limit=None,
            pids=sum(threads),
            network_received=0,
            network_sent=0,
        )

    async def events(self) -> AsyncIterator[None]:
        """Whenever this driver did something, or a unit ended."""
        changed = asyncio.Event()
        changed.set()
        self._listeners.add(changed)
        watches: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                await changed.wait()
                changed.clear()
                watches = {id_: watch for id_, watch in watches.items() if not watch.done()}
                for unit in await self.units():
                    if unit.state is UnitState.RUNNING and unit.id not in watches:
                        watches[unit.id] = asyncio.create_task(self._files(unit.id).ended())
                        watches[unit.id].add_done_callback(lambda _: changed.set())
                yield None
        finally:
            self._listeners.discard(changed)
            for watch in watches.values():
                watch.cancel()
            await asyncio.gather(*watches.values(), return_exceptions=True)

    async def purge(self) -> None:
        """Remove all units, copies and environments."""
        await asyncio.gather(*(self.remove(unit.id) for unit in await self.units()))
        await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)

    @property
    def _units(self) -> Path:
        return self._home / "units"

    def _files(self, id_: str) -> UnitFiles:
        # Ids may come from another runtime, which was in use before.
        return UnitFiles(self._units / (id_ if is_unit_id(id_) else "unknown"))

    def _list(self) -> list[Unit]:
        if not self._units.is_dir():
            return []
        return [unit for path in self._units.iterdir() if (unit := UnitFiles(path).unit()) is not None]

    def _announce(self) -> None:
        for changed in self._listeners:
            changed.set()

    async def _interpreter(self, project: Project, digest: str, on_progress: Callable[[str], None] | None) -> Path:
        sources = self._sources.path(digest)
        return await self._environments.interpreter(project.directory, sources, on_progress or (lambda _: None))

    async def _command(self, spec: UnitSpec) -> tuple[list[str], Path | None]:
        """What to run, and where."""
        serve = ["-m", "oaas_sdk", "serve"]
        source = parse_reference(spec.reference)
        if isinstance(source, Module):
            return [sys.executable, *serve, source.target], None
        if not self._sources.path(spec.digest).is_dir():
            digest = await asyncio.to_thread(self._sources.copy, source)
            if digest != spec.digest:
                raise ImageUnavailable(
                    f"{source.directory} has changed since it was registered. Refresh the repository."
                )
        python = await self._interpreter(source, spec.digest, None)
        return [str(python), *serve], self._sources.path(spec.digest)

    async def _kill(self, files: UnitFiles) -> None:
        """Kill all processes of a unit; the supervisor too, if it does not do its work."""
        for number in (signal.SIGUSR1, signal.SIGKILL):
            files.signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(_KILL_SECONDS):
                    await files.ended()
                    return
        raise EngineUnavailable(f"Process {files.supervisor()} can't be killed.")


async def _launch(files: UnitFiles) -> None:
    """Start the supervisor. Its own parent ends at once, so that nothing ties it to the node."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", supervisor.__file__, str(files.directory)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    out, err = await process.communicate()
    if out not in (b"ok", b"taken"):
        await asyncio.to_thread(files.remove)
        raise UnitFailed(f"The process could not be started: {(out or err).decode(errors='replace').strip()}")


def _environment(files: UnitFiles, wanted: Mapping[str, str]) -> dict[str, str]:
    passed_on = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
    return {
        **passed_on,
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(files.scratch),
        **wanted,
        ENV_HOST: "127.0.0.1",
        ENV_PORT: "0",
        ENV_PORT_FILE: str(files.port_file),
    }


def _measure(files: UnitFiles, what: str) -> list[Any]:
    """One attribute of all processes below the supervisor."""
    pid = files.supervisor()
    found = []
    if pid is not None:
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    found.append(getattr(process, what)())
    if not found:
        raise WrongState("The unit does not run, so there is nothing to measure.")
    return found
