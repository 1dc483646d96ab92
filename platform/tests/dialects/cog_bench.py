"""What the tests of the Cog adapter work with: servers in containers, and somebody to whom they report."""

from __future__ import annotations

import asyncio
import json
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from oaas_sdk.contract import Status, StatusMessage
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Readiness
from oaasplatform.protocols.cog import CogProtocol


@dataclass(frozen=True)
class Server:
    """A server in a container."""

    target: Target
    gateway: str
    """Address of this host, for the container."""


@contextmanager
def running(image: str, **environment: str) -> Iterator[Server]:
    """A server in a container that publishes no port."""
    options = [f"--env={name}={value}" for name, value in environment.items()]
    container = _docker("run", "--detach", *options, image)
    try:
        addresses = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}"
        host, gateway = _docker("inspect", "--format", addresses, container).split()
        yield Server(target_at(host), gateway)
    finally:
        _docker("rm", "--force", container)


def target_at(host: str, **deployment: Any) -> Target:
    """An instance."""
    return Target(
        instance_id=1,
        generation=1,
        base_url=f"http://{host}:5000",
        addresses={"main": host},
        digest="sha256:0",
        quota_document={},
        deployment_document=deployment,
    )


async def ready(protocol: CogProtocol, target: Target) -> Readiness:
    """Wait until the server takes runs."""
    async with asyncio.timeout(30):
        while not isinstance(found := await protocol.probe(target), Readiness):
            await asyncio.sleep(0.05)
        return found


class Reports:
    """Receives what servers post."""

    def __init__(self) -> None:
        self.status = 204
        """How they are answered."""
        self.bodies: dict[str, list[bytes]] = {}
        """By run, those that were answered well."""
        self._arrived = asyncio.Condition()
        self.url = ""

    @asynccontextmanager
    async def listening(self, host: str) -> AsyncIterator[Reports]:
        """At an address of this host."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/callback/{run}", self._receive)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, host, 0)
        await site.start()
        try:
            self.url = f"http://{host}:{runner.addresses[0][1]}/callback"
            yield self
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        assert request.query["secret"] == "0" * 32
        body = await request.read()
        if self.status < 300:
            async with self._arrived:
                self.bodies.setdefault(request.match_info["run"], []).append(body)
                self._arrived.notify_all()
        return web.Response(status=self.status)

    async def until(self, run_id: str, count: int) -> None:
        """Wait for so many reports about a run."""
        async with asyncio.timeout(30), self._arrived:
            await self._arrived.wait_for(lambda: len(self.bodies.get(run_id, [])) >= count)


class Bench:
    """An adapter and a server, with its model."""

    def __init__(self, protocol: CogProtocol, target: Target, reports: Reports) -> None:
        self.protocol = protocol
        self.target = target
        self.reports = reports

    def request(self, input: Any) -> Launch:
        """A launch."""
        run_id = f"run-{uuid.uuid4()}"
        return Launch(
            run_id=run_id,
            reference="predict",
            input=msgspec.Raw(json.dumps(input).encode()),
            callback_url=f"{self.reports.url}/{run_id}?secret={'0' * 32}",
            secret="0" * 32,
            time_limit=None,
            wait=0.0,
        )

    async def start(self, input: Any) -> Run:
        """A run that has been launched."""
        launch = self.request(input)
        launched = await self.protocol.launch(self.target, launch)
        return Run(launch.run_id, launched.handle)

    async def messages(self, run: Run) -> list[StatusMessage]:
        """All that was reported about a run until it ended, in the order of arrival."""
        count = 0
        while True:
            count += 1
            await self.reports.until(run.id, count)
            read = [self.protocol.read(run, body) for body in self.reports.bodies[run.id]]
            if any(message.final for message in read):
                return read

    async def ended(self, run: Run) -> StatusMessage:
        """The final message."""
        return next(message for message in await self.messages(run) if message.final)

    async def logged(self, run: Run, text: bytes) -> None:
        """Wait until the log of a run has a text, as a node would know it."""
        async with asyncio.timeout(30):
            while True:
                for body in self.reports.bodies.get(run.id, []):
                    self.protocol.read(run, body)
                if text in await self.protocol.logs(self.target, run):
                    return
                await asyncio.sleep(0.05)

    async def output(self, input: Any) -> Any:
        """Of a run that succeeds."""
        return output_of(await self.ended(await self.start(input)))


def output_of(message: StatusMessage) -> Any:
    """Of a run that has succeeded."""
    assert message.status == Status.FINISHED, message
    assert isinstance(message.output, msgspec.Raw)
    return json.loads(bytes(message.output))


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()
