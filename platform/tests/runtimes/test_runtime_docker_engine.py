"""The Docker driver and its engine: networks, failures, what is left behind."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiodocker import Docker
from aiodocker.exceptions import DockerError
from runtimes_harness import SECONDS, Harness

from oaasplatform.domain.errors import EngineUnavailable, SettingsInvalid, UnitFailed
from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import UnitSpec, UnitState
from oaasplatform.runtimes.docker import DockerRuntime, engine_answers

pytestmark = pytest.mark.docker


async def test_units_do_not_reach_each_other(docker_harness: Harness) -> None:
    one, other = await docker_harness.up(1), await docker_harness.up(2)
    assert other.base_url is not None
    host, port = other.base_url.removeprefix("http://").split(":")
    refused = await docker_harness.ask(one, "connect", host=host, port=port)
    assert refused["error"] is not None


async def test_a_lost_network_is_made_again_with_the_same_addresses(
    docker_harness: Harness, docker: Docker, node_id: str
) -> None:
    lost = await docker.networks.get(f"oaas-{node_id}")
    addresses = (await lost.show())["IPAM"]["Config"]
    await lost.delete()
    await docker_harness.up()
    assert (await (await docker.networks.get(f"oaas-{node_id}")).show())["IPAM"]["Config"] == addresses


async def test_purge_leaves_nothing_of_this_node_and_everything_of_others(
    docker_harness: Harness, docker: Docker, node_id: str, tmp_path: Path
) -> None:
    mine = await docker_harness.up()
    async with Harness(lambda: DockerRuntime(f"{node_id}-other", tmp_path), docker_harness.reference) as other:
        theirs = await other.up()
        await other.runtime.stop(theirs.id)
        assert await docker_harness.runtime.units() == [mine]
        await docker_harness.runtime.purge()
        assert await _made_by(docker, node_id) == ([], [])
        containers, networks = await _made_by(docker, f"{node_id}-other")
        assert len(containers) == len(networks) == 1
    assert await _made_by(docker, f"{node_id}-other") == ([], [])


async def test_a_unit_that_cannot_start_is_removed(
    make_image: Callable[..., str], node_id: str, tmp_path: Path, docker: Docker
) -> None:
    async with Harness(lambda: DockerRuntime(node_id, tmp_path), make_image("USER nobody-here")) as harness:
        with pytest.raises(UnitFailed, match="nobody-here"):
            await harness.runtime.start(await harness.spec())
        assert (await _made_by(docker, node_id))[0] == []


async def test_a_unit_that_was_created_only_is_started(docker_harness: Harness, docker: Docker, node_id: str) -> None:
    """The node was killed between the two."""
    spec = await docker_harness.spec()
    unit, _ = await docker_harness.runtime.start(spec)
    shown = await (await docker.containers.get(unit.id)).show()
    await docker_harness.runtime.remove(unit.id)
    await docker.containers.create(
        {**shown["Config"], "HostConfig": shown["HostConfig"]}, name=shown["Name"].removeprefix("/")
    )
    assert [each.state for each in await docker_harness.runtime.units()] == [UnitState.CREATED]
    await docker_harness.up()


async def test_a_given_network_is_used_and_left(unit_image: str, node_id: str, tmp_path: Path, docker: Docker) -> None:
    name = f"given-{node_id}"
    network = await docker.networks.create({"Name": name, "Driver": "bridge"})
    try:

        def make() -> DockerRuntime:
            return DockerRuntime(node_id, tmp_path, network=name, network_mode_host=False)

        async with Harness(make, unit_image) as harness:
            unit = await harness.up(network_bandwidth=10**6)
            assert list((await (await docker.containers.get(unit.id)).show())["NetworkSettings"]["Networks"]) == [name]
            promise = harness.runtime.enforceable(Quota(network_bandwidth=10**6))["networkBandwidth"]
            assert not promise.enforced and "container of its own" in promise.detail
            # Here the node is the host, whose address on a bridge is the gateway's.
            gateway = (await network.show())["IPAM"]["Config"][0]["Gateway"]
            assert harness.runtime.callback_host == gateway
        assert (await network.show())["Name"] == name
    finally:
        await network.delete()


async def test_a_given_network_has_to_be_there(docker_engine: None, node_id: str, tmp_path: Path) -> None:
    runtime = DockerRuntime(node_id, tmp_path, network="no-such-network", network_mode_host=False)
    with pytest.raises(EngineUnavailable, match="no-such-network"):
        await runtime.open()
    await runtime.close()
    with pytest.raises(SettingsInvalid, match="OAAS_NETWORK"):
        DockerRuntime(node_id, tmp_path, network_mode_host=False)


async def test_an_engine_that_is_not_there(node_id: str, tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/docker.sock"
    assert "docker.sock" in (await engine_answers(url) or "")
    runtime = DockerRuntime(node_id, tmp_path, url=url)
    spec = UnitSpec(instance_id=1, generation=1, reference="x", digest="sha256:0", port=1, quota=Quota())
    for call in (
        runtime.open(), runtime.info(), runtime.units(), runtime.prepare("x"), runtime.start(spec),
        runtime.stop("x"), runtime.remove("x"), runtime.stats("x"), runtime.purge(), anext(runtime.logs("x")),
    ):  # fmt: skip
        with pytest.raises(EngineUnavailable):
            await call
    assert [hint async for hint in runtime.events()] == []
    with pytest.raises(EngineUnavailable):
        assert runtime.callback_host
    await runtime.close()


async def test_an_address_that_makes_no_sense() -> None:
    assert "not usable" in (await engine_answers("carrier-pigeon://here") or "")


async def test_streams_end_when_the_engine_dies_and_calls_work_when_it_is_back(
    unit_image: str, node_id: str, tmp_path: Path
) -> None:
    socket = tmp_path / "docker.sock"

    def make() -> DockerRuntime:
        return DockerRuntime(node_id, tmp_path, url=f"unix://{socket}")

    async with _engine_at(socket):
        harness = Harness(make, unit_image)
        await harness.runtime.open()
        unit = await harness.up()
        hints = harness.runtime.events()
        await anext(hints)
        log = harness.runtime.logs(unit.id, follow=True)
        assert await anext(log) == b"the unit is up\n"
    async with asyncio.timeout(SECONDS):
        assert [hint async for hint in hints] == []
        with pytest.raises(EngineUnavailable):
            await anext(log)
    with pytest.raises(EngineUnavailable):
        await harness.runtime.units()
    async with _engine_at(socket):
        assert await harness.runtime.units() == [unit]
        await harness.__aexit__(None, None, None)


@asynccontextmanager
async def _engine_at(path: Path) -> AsyncIterator[None]:
    """The engine at another socket, until it "dies": all its connections break off."""
    real = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not real.startswith("unix://"):
        pytest.skip("the engine has no Unix socket")
    writers: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(real.removeprefix("unix://"))
        writers.extend([writer, engine_writer])
        await asyncio.gather(pump(reader, engine_writer), pump(engine_reader, writer))

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        path.unlink(missing_ok=True)


async def _made_by(docker: Docker, node_id: str) -> tuple[list[str], list[str]]:
    """Names of the containers and networks of a node."""
    label = f"io.oaas.node={node_id}"
    containers = await docker.containers.list(all="1", filters=json.dumps({"label": [label]}))
    networks = await docker.networks.list(filters={"label": label})
    try:
        await docker.networks.get(f"oaas-{node_id}")
    except DockerError:
        assert networks == []
    return [each.id for each in containers], [each["Name"] for each in networks]
