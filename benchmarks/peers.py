"""Peers: other engines that run the same no-op for the same number of clients, each in an environment of its own.

Environments are made by uv below ``.cache/benchmarks``. A peer is a worker that goes on and a load generator that works
only in its turns; the programs of both are in ``peer_programs``.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from oaasplatform.cli.demo.checkout import find_checkout

PROGRAMS = Path(__file__).with_name("peer_programs")
CELERY = ("celery[redis]>=5.6",)
PROCRASTINATE = ("procrastinate>=3.5", "psycopg[binary,pool]>=3.2")
CLIENTS = 32
START_SECONDS = 30.0
PATIENCE_SECONDS = 60.0
"""How much longer than it should a turn may take."""


class Peer:
    """A load generator that is told to work."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name = name
        self._process = process
        self.count = 0
        self.seconds = 0.0

    @property
    def rate(self) -> float:
        """Runs in a second, in all turns."""
        return self.count / self.seconds

    def turn(self, seconds: float, *, counts: bool = True) -> None:
        """Let it work for so long; a turn that does not count warms up."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        readable, _, _ = select.select([self._process.stdout], [], [], seconds + PATIENCE_SECONDS)
        assert readable, f"{self.name} does not get its jobs done"
        line = self._process.stdout.readline()
        assert line, f"the load generator of {self.name} has ended"
        if counts:
            said = json.loads(line)
            self.count += said["count"]
            self.seconds += said["seconds"]


@contextmanager
def celery() -> Iterator[Peer]:
    """Celery and Redis, both with their defaults; the worker has a process for each core."""
    program = _environment("celery", CELERY)
    with ExitStack() as stack:
        url = stack.enter_context(_redis())
        settings = {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
        worker = (str(program / "celery"), "--app", "celery_peer", "worker", "--loglevel", "WARNING")
        stack.enter_context(_process(*worker, settings=settings))
        yield stack.enter_context(_load("celery", program, settings))


@contextmanager
def procrastinate(dsn: str) -> Iterator[Peer]:
    """procrastinate on an empty database of its own; the worker runs as many jobs at a time as there are clients."""
    program = _environment("procrastinate", PROCRASTINATE)
    settings = {"PEER_DSN": dsn}
    cli = (str(program / "procrastinate"), "--log-level", "warning", "--app", "procrastinate_peer.app")
    subprocess.run([*cli, "schema", "--apply"], env=_variables(settings), check=True, capture_output=True)
    with ExitStack() as stack:
        stack.enter_context(_process(*cli, "worker", "--concurrency", str(CLIENTS), settings=settings))
        yield stack.enter_context(_load("procrastinate", program, settings))


def _environment(name: str, packages: Sequence[str]) -> Path:
    """The programs of a virtual environment with these packages, made anew if the packages are others."""
    root = find_checkout().root
    home = root / ".cache" / "benchmarks" / f"{name}-venv"
    receipt = home / "packages.json"
    wanted = json.dumps(packages)
    if not receipt.exists() or receipt.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        uv = str(root / "scripts" / "uv.sh")
        subprocess.run([uv, "venv", "--quiet", str(home)], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", str(home / "bin" / "python"), *packages], check=True
        )
        receipt.write_text(wanted)
    return home / "bin"


@contextmanager
def _redis() -> Iterator[str]:
    """URL of a Redis server with its defaults, on a free port of the loopback interface."""
    if shutil.which("redis-server") is None:
        subprocess.run([str(find_checkout().root / "scripts" / "apt-install.sh"), "redis-server"], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="oaas-benchmark-redis-") as home:
        options = ("--bind", "127.0.0.1", "--port", str(port), "--dir", home)
        with _process("redis-server", *options):
            _wait_for_port(port)
            yield f"redis://127.0.0.1:{port}/0"


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _variables(settings: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROGRAMS), "PYTHONDONTWRITEBYTECODE": "1", **settings}


@contextmanager
def _load(name: str, program: Path, settings: dict[str, str]) -> Iterator[Peer]:
    main = f"from {name}_peer import main; main()"
    with _process(str(program / "python"), "-c", main, settings=settings, talks=True) as process:
        yield Peer(name, process)


@contextmanager
def _process(
    *command: str, settings: dict[str, str] | None = None, talks: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A program in the directory of the peers' programs, that ends with the context; its log explains a failure."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=PROGRAMS,
            env=_variables(settings or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if talks else log,
            stderr=log,
            text=True,
        )
        try:
            yield process
        except BaseException as error:
            log.seek(0)
            error.add_note(f"{Path(command[0]).name} said:\n{log.read()[-3000:].decode(errors='replace')}")
            raise
        finally:
            process.terminate()
            process.communicate(timeout=START_SECONDS)
