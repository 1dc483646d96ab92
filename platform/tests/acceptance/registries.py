"""A real registry with a login, images in it, and a gate in front of it that can be held and shut."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

USER, PASSWORD = "planner", "correct horse"
# Of the password, as `htpasswd -nbB` makes it; the registry takes no other kind.
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_START_SECONDS = 20.0


class RegistryServer:
    """Debian's docker-registry, on loopback: there an engine takes it without TLS."""

    def __init__(self, program: str, home: Path, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self._program = program
        self._home = home
        self._http = httpx.AsyncClient(base_url=f"http://{self.host}/v2", auth=(USER, PASSWORD), trust_env=False)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        (self._home / "htpasswd").write_text(_HTPASSWD)
        config = self._home / "config.yml"
        config.write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {self._home / 'storage'}}}}}\n"
            f"http: {{addr: '{self.host}'}}\nauth: {{htpasswd: {{realm: test, path: {self._home / 'htpasswd'}}}}}\n"
        )
        with (self._home / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(self._program, "serve", str(config)), env={"PATH": os.environ["PATH"]}, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_SECONDS):
            while not await self._answers():
                assert self._process.returncode is None, (self._home / "log").read_text()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()

    def push(self, name: str, base_image: str, megabytes: int = 1) -> None:
        """Make an image of its own (with so much in its last layer), push it, and leave nothing of it here."""
        reference = f"{self.host}/{name}"
        context = self._home / "context"
        context.mkdir(exist_ok=True)
        (context / "filling").write_bytes(os.urandom(megabytes * 10**6))
        (context / "Dockerfile").write_text(f"FROM {base_image}\nCOPY filling /\n")
        login = self._home / "login"
        login.mkdir(exist_ok=True)
        docker = ["docker", "--config", str(login)]
        asked = ["login", "--username", USER, "--password-stdin", self.host]
        for command, text in (
            (["build", "--quiet", "--no-cache", "--tag", reference, str(context)], ""),
            (asked, PASSWORD),
            (["push", "--quiet", reference], ""),
            (["image", "rm", reference], ""),
        ):
            # The classic builder needs no plug-in.
            environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
            done = subprocess.run([*docker, *command], input=text, text=True, capture_output=True, env=environment)
            assert done.returncode == 0, done.stderr

    async def move_tag(self, name: str, source: str, tag: str) -> str:
        """Let a tag name another image of the same repository; its digest. As somebody elsewhere would push it."""
        manifest = await self._http.get(f"/{name}/manifests/{source}", headers={"Accept": _MANIFEST})
        answer = await self._http.put(
            f"/{name}/manifests/{tag}", content=manifest.content, headers={"Content-Type": _MANIFEST}
        )
        answer.raise_for_status()
        return str(answer.headers["Docker-Content-Digest"])

    async def _answers(self) -> bool:
        try:
            return (await self._http.get("/")).status_code == 200
        except httpx.TransportError:
            return False


class Gate:
    """The way to a registry: TCP connections, which can be held after some bytes, and cut."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._left: int | None = None
        self.host = ""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()

    async def open(self) -> None:
        """Let everything through, at the same address as before."""
        self._left = None
        self._flows.set()
        port = int(self.host.rpartition(":")[2] or 0)
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", port)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def hold(self, megabytes: float) -> None:
        """Let so much come from the registry, and then nothing."""
        self._left = int(megabytes * 10**6)
        self._flows.clear()

    def release(self) -> None:
        """Let what is held flow."""
        self._left = None
        self._flows.set()

    async def shut(self) -> None:
        """Refuse connections and cut those under way."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._flows.set()
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self._target.rpartition(":")
        registry_reader, registry_writer = await asyncio.open_connection(host, int(port))
        ends = {writer, registry_writer}
        self._writers |= ends
        await asyncio.gather(self._pump(reader, registry_writer, False), self._pump(registry_reader, writer, True))
        self._writers -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if counts and self._left is not None:
                    self._left -= len(data)
                    if self._left <= 0:
                        await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
