"""What the tests of the MATLAB adapter work with: servers in containers, runs on them, and a connection that breaks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec
import pytest

from oaas_sdk.contract import Status, StatusMessage
from oaasplatform.domain.errors import InstanceUnreachable
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Readiness
from oaasplatform.protocols.matlab import MatlabProtocol


@contextmanager
def running(image: str, **environment: str) -> Iterator[str]:
    """The address of a server in a container that publishes no port."""
    options = [f"--env={name}={value}" for name, value in environment.items()]
    command = ["docker", "run", "--detach", *options, image]
    container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        shown = ["docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container]
        yield subprocess.run(shown, capture_output=True, text=True, check=True).stdout.strip()
    finally:
        subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=True)


def target_at(host: str, port: int = 9910, **deployment: Any) -> Target:
    """An instance."""
    return Target(
        instance_id=1,
        generation=1,
        base_url=f"http://{host}:{port}",
        addresses={"main": host},
        digest="sha256:0",
        quota_document={},
        deployment_document=deployment,
    )


async def ready(protocol: MatlabProtocol, target: Target) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(20):
        while not isinstance(await protocol.probe(target), Readiness):
            await asyncio.sleep(0.05)


def output_of(message: StatusMessage) -> Any:
    """Of a run that has succeeded."""
    assert message.status == Status.FINISHED, message
    assert isinstance(message.output, msgspec.Raw)
    return json.loads(bytes(message.output))


class Bench:
    """An adapter and a server, and the functions there by their names."""

    def __init__(self, protocol: MatlabProtocol, target: Target, found: list[Descriptor]) -> None:
        self.protocol = protocol
        self.target = target
        self.algorithms = {each.name: each for each in found}

    def request(self, name: str, input: Any, *, wait: float = 5.0, run_id: str | None = None) -> Launch:
        """A launch."""
        return Launch(
            run_id=run_id or f"run-{uuid.uuid4()}",
            reference=self.algorithms[name].reference,
            input=msgspec.Raw(json.dumps(input).encode()),
            callback_url="http://192.0.2.1/callback/1",
            secret="0" * 32,
            time_limit=None,
            wait=wait,
        )

    async def start(self, name: str, input: Any) -> Run:
        """A run that goes on."""
        launch = self.request(name, input, wait=0.0)
        launched = await self.protocol.launch(self.target, launch)
        assert launched.message is None
        return Run(launch.run_id, launched.handle)

    async def run(self, name: str, input: Any) -> StatusMessage:
        """The final message of a short run, which is forgotten then."""
        launch = self.request(name, input)
        launched = await self.protocol.launch(self.target, launch)
        assert launched.message is not None
        await self.protocol.stop(self.target, Run(launch.run_id, launched.handle), forget=True)
        return launched.message

    async def output(self, name: str, input: Any) -> Any:
        """Of a run that succeeds."""
        message = await self.run(name, input)
        return output_of(message)

    async def until(self, run: Run, condition: Callable[[StatusMessage], bool]) -> StatusMessage:
        """Ask until something is so."""
        async with asyncio.timeout(20):
            while not condition(message := await self.protocol.poll(self.target, run)):
                await asyncio.sleep(0.02)
            return message


async def bench_at(protocol: MatlabProtocol, target: Target) -> Bench:
    """With what the server itself says about its functions."""
    return Bench(protocol, target, await protocol.discover(target))


class Cutter:
    """Stands between node and server, and can cut the connection once a request has reached the server."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.cuts = False
        self.passed = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port at this host."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, 9910)
        towards = asyncio.create_task(_pump(reader, back))
        while data := await there.read(65536):
            if self.cuts:
                self.passed.set()
                break
            writer.write(data)
            await writer.drain()
        towards.cancel()
        for each in (writer, back):
            each.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def cut_launch(bench: Bench) -> AsyncIterator[tuple[Target, Launch]]:
    """A launch that the server has taken, but whose answer was lost; the worker is busy with it."""
    cutter = Cutter(bench.target.addresses["main"])
    async with cutter.listening() as port:
        target = target_at("127.0.0.1", port)
        launch = bench.request("sleep", {"seconds": 1.0}, wait=0.0)
        cutter.cuts = True
        with pytest.raises(InstanceUnreachable):
            await bench.protocol.launch(target, launch)
        cutter.cuts = False
        assert cutter.passed.is_set()
        yield target, launch
