"""What the tests of the OPTIMAIX adapter work with: repositories in containers, and a listener for their callbacks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from aiohttp import web

from oaas_sdk.contract import Status, StatusMessage
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.images import Image
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Readiness
from oaasplatform.protocols.optimaix import OptimaixProtocol

ALGORITHMS = ("add", "sleep", "count", "fail", "big", "garbage", "native", "crash")
"""In the order of their numbers."""


def docker(*words: str) -> str:
    """What the command prints."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Repository:
    """A running one."""

    target: Target
    gateway: str
    """Address of this machine as its containers see it."""
    containers: dict[str, str]
    """By service."""

    def corrupt(self) -> None:
        """Leave the state as two writers leave it that meet."""
        docker("exec", self.containers["backend"], "sh", "-c", "printf '}' >> /app/executions.json")

    def state(self) -> Any:
        """The records; raises ``ValueError`` when they are no JSON."""
        return json.loads(docker("exec", self.containers["backend"], "cat", "/app/executions.json"))


@contextmanager
def running(protocol: OptimaixProtocol, image: str, *, without: str = "", **environment: str) -> Iterator[Repository]:
    """The containers that the dialect asks for, but for one service perhaps, on a network of their own."""
    deployment = protocol.complete(Deployment(), Image(reference=image, digest=image))
    assert deployment.stack is not None
    name = f"oaas-test-{uuid.uuid4().hex[:8]}"
    docker("network", "create", name)
    containers: dict[str, str] = {}
    try:
        for service in sorted(set(deployment.stack.services) - {without}, key=("redis", "backend", "worker").index):
            each = deployment.stack.services[service]
            options = [f"--env={key}={value}" for key, value in {**each.environment, **environment}.items()]
            options += [f"--volume={name}-{mount.volume}:{mount.path}" for mount in each.volumes]
            options += [f"--user={each.user}"] if each.user else []
            options += [f"--network={name}", f"--network-alias={service}", "--cap-drop=ALL"]
            containers[service] = docker("run", "--detach", *options, each.image, *(each.command or ()))
        shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}"
        addresses = {key: docker("inspect", "--format", shown, id_).split()[0] for key, id_ in containers.items()}
        gateway = docker("inspect", "--format", shown, containers["backend"]).split()[1]
        target = Target(
            instance_id=1,
            generation=1,
            base_url=f"http://{addresses['backend']}:55955",
            addresses=addresses,
            digest=image,
            quota_document={},
            deployment_document=msgspec.to_builtins(deployment),
        )
        yield Repository(target, gateway, containers)
    finally:
        docker("rm", "--force", "--volumes", *containers.values())
        volumes = docker("volume", "ls", "--quiet", f"--filter=name={name}").split()
        docker("volume", "rm", *volumes)
        docker("network", "rm", name)


@dataclass(frozen=True)
class Call:
    """A callback as it came."""

    number: int
    sender: str
    body: bytes


@asynccontextmanager
async def listening(address: str) -> AsyncIterator[asyncio.Queue[Call]]:
    """Callbacks, at the port that the dialect fixes."""
    calls: asyncio.Queue[Call] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        calls.put_nowait(Call(int(request.match_info["number"]), str(request.remote), await request.read()))
        return web.Response(status=204)

    application = web.Application(client_max_size=100_000_000)
    application.add_routes([web.post("/callback/{number}", receive)])
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, address, 5000).start()
        yield calls
    finally:
        await runner.cleanup()


class Bench:
    """An adapter and a repository."""

    def __init__(self, protocol: OptimaixProtocol, repository: Repository) -> None:
        self.protocol = protocol
        self.repository = repository
        self.target = repository.target

    async def ready(self) -> None:
        """Wait until it takes runs."""
        async with asyncio.timeout(30):
            while not isinstance(await self.protocol.probe(self.target), Readiness):
                await asyncio.sleep(0.05)

    def request(self, name: str, input: Any, *, secret: str | None = None) -> Launch:
        """A launch."""
        return Launch(
            run_id=f"run-{uuid.uuid4()}",
            reference=str(ALGORITHMS.index(name) + 1),
            input=msgspec.Raw(json.dumps(input).encode()),
            callback_url=f"http://{self.repository.gateway}:1/callback/1?secret=0",
            secret=secret or uuid.uuid4().hex,
            time_limit=None,
            wait=0.25,
        )

    async def start(self, name: str, input: Any) -> Run:
        """Launch a run."""
        launch = self.request(name, input)
        launched = await self.protocol.launch(self.target, launch)
        assert launched.message is None
        return Run(launch.run_id, launched.handle)

    async def end(self, run: Run) -> StatusMessage:
        """The final message, by asking."""
        return await self.until(run, lambda message: message.final)

    async def until(self, run: Run, condition: Callable[[StatusMessage], bool]) -> StatusMessage:
        """Ask until something is so."""
        async with asyncio.timeout(20):
            while not condition(message := await self.protocol.poll(self.target, run)):
                await asyncio.sleep(0.02)
            return message

    async def works(self) -> None:
        """It takes runs as before."""
        ended = await self.end(await self.start("add", {"a": 20, "b": 22}))
        assert output_of(ended) == {"sum": 42}

    def elsewhere(self, **changes: Any) -> Bench:
        """The same repository, seen as another instance."""
        return Bench(self.protocol, replace(self.repository, target=replace(self.target, **changes)))


def output_of(message: StatusMessage) -> Any:
    """Of a run that has succeeded."""
    assert message.status == Status.FINISHED, message
    assert isinstance(message.output, msgspec.Raw)
    return json.loads(bytes(message.output))
