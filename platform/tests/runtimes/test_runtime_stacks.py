"""Units of several containers: who sees whom, what waits for what, what is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiodocker import Docker
from runtimes_harness import Harness

from oaasplatform.domain.deployments import Condition, HealthCheck, Mount, Service
from oaasplatform.domain.errors import ImageUnavailable, UnitFailed
from oaasplatform.domain.quotas import Quota
from oaasplatform.kit.backoff import delays
from oaasplatform.runtimes.base import Unit, UnitState
from oaasplatform.runtimes.docker import DockerRuntime
from oaasplatform.runtimes.docker.engine import Engine
from oaasplatform.runtimes.docker.stacks.names import StackName
from oaasplatform.runtimes.docker.stacks.networks import StackNetworks

pytestmark = pytest.mark.docker
MEGABYTE = 2**20
PORT = 55955
MakeHarness = Callable[..., Any]
HEALTHY = HealthCheck(test=("test", "-e", "/tmp/healthy"), interval=0.2, retries=1000)


@pytest.fixture
def stack(unit_image: str, node_id: str, tmp_path: Path) -> MakeHarness:
    """Makes the Docker driver with a stack of given services; without others, two that are alike."""

    @asynccontextmanager
    async def make(**services: Service) -> AsyncIterator[Harness]:
        chosen = services or {"api": Service(image=unit_image), "queue": Service(image=unit_image)}
        async with Harness(lambda: DockerRuntime(node_id, tmp_path), unit_image, chosen) as harness:
            yield harness

    return make


async def test_services_see_each_other_by_name(stack: MakeHarness, unit_image: str) -> None:
    queue = Service(image=unit_image)
    async with stack(api=Service(image=unit_image), queue=queue) as harness:
        unit = await _up(harness)
        assert set(unit.addresses) == {"api", "queue"}
        assert unit.base_url == f"http://{unit.addresses['api']}:{PORT}"
        for service, other in (("api", "queue"), ("queue", "api")):
            assert await _connects(harness, _at(unit, service), other) is None


async def test_nobody_else_sees_them(stack: MakeHarness, unit_image: str, docker: Docker, node_id: str) -> None:
    async with stack() as harness:
        one, other = await harness.up(1), await harness.up(2)
        single, _ = await harness.runtime.start(replace(await harness.spec(3), stack=None, writable=False))
        everywhere = {id_: await _addresses(docker, node_id, id_) for id_ in (1, 2, 3)}
        assert [len(addresses) for addresses in everywhere.values()] == [4, 4, 1]
        # What is refused below is open within the stack.
        for address in everywhere[1] - set(one.addresses.values()):
            assert await _connects(harness, _at(one, "api"), address) is None
        places = [(_at(one, "api"), 1), (_at(one, "queue"), 1), (_at(other, "api"), 2), (single, 3)]
        strangers = [
            (place, address)
            for place, own in places
            for id_, addresses in everywhere.items()
            if id_ != own
            for address in addresses
        ]
        refusals = await asyncio.gather(*(_connects(harness, place, address) for place, address in strangers))
        assert all(refusals), list(zip(strangers, refusals, strict=True))
        assert await _connects(harness, single, "queue") is not None


async def test_each_service_reaches_the_node_and_is_known_to_it(stack: MakeHarness) -> None:
    async with stack() as harness:
        unit = await harness.up()
        callers: list[str] = []

        def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            callers.append(writer.get_extra_info("peername")[0])
            writer.close()

        server = await asyncio.start_server(called, harness.runtime.callback_host, 0)
        async with server:
            host, port = server.sockets[0].getsockname()[:2]
            for service in ("api", "queue"):
                assert await _connects(harness, _at(unit, service), host, port) is None
        assert callers == [unit.addresses["api"], unit.addresses["queue"]]


async def test_the_way_out_leads_over_the_network_with_the_node(stack: MakeHarness, docker: Docker) -> None:
    async with stack() as harness:
        unit = await harness.up()
        for service in ("api", "queue"):
            routes = [
                line.split() for line in (await _inside(docker, unit, service, "cat", "/proc/net/route")).splitlines()
            ]
            gateway = ip_address(harness.runtime.callback_host)
            ways_out = [route[2] for route in routes if route[1] == "00000000"]
            assert ways_out == [gateway.packed[::-1].hex().upper()]


async def test_who_needs_a_healthy_service_waits_for_it(stack: MakeHarness, unit_image: str, docker: Docker) -> None:
    async with stack(
        api=Service(image=unit_image, depends_on={"queue": Condition.HEALTHY, "other": Condition.STARTED}),
        queue=Service(image=unit_image, healthcheck=HEALTHY),
        other=Service(image=unit_image, depends_on={"queue": Condition.STARTED}),
    ) as harness:
        spec = await harness.spec()
        first, _ = await harness.runtime.start(spec)
        assert (first.state, first.base_url, first.reason) == (UnitState.CREATED, None, "queue is not healthy yet")
        assert await harness.runtime.units() == [first]
        again, _ = await harness.runtime.start(spec)
        assert again == first
        states = {name: each["State"]["Status"] for name, each in (await _containers(docker, first)).items()}
        assert states == {"api": "created", "queue": "running", "other": "running"}
        await _inside(docker, first, "queue", "touch", "/tmp/healthy")
        unit = await harness.started(spec)
        assert unit.state is UnitState.RUNNING
        begun = {name: each["State"]["StartedAt"] for name, each in (await _containers(docker, unit)).items()}
        assert begun["queue"] < begun["other"] < begun["api"]


async def test_a_service_that_does_not_become_healthy_ends_the_start(stack: MakeHarness, unit_image: str) -> None:
    async with stack(
        api=Service(image=unit_image, depends_on={"queue": Condition.HEALTHY}),
        queue=Service(image=unit_image, healthcheck=HealthCheck(test=("false",), interval=0.1, retries=2)),
    ) as harness:
        unit = await harness.started(await harness.spec())
        assert (unit.state, unit.ended_service) == (UnitState.EXITED, "queue")
        assert unit.reason == "its service queue is unhealthy"


async def test_health_that_nobody_checks_is_not_waited_for(
    stack: MakeHarness, unit_image: str, docker: Docker, node_id: str
) -> None:
    async with stack(
        api=Service(image=unit_image, depends_on={"queue": Condition.HEALTHY}), queue=Service(image=unit_image)
    ) as harness:
        with pytest.raises(UnitFailed, match="queue has no healthcheck"):
            await harness.runtime.start(await harness.spec())
        assert await _left(docker, node_id) == []


async def test_a_service_that_ends_while_others_wait_ends_the_start(stack: MakeHarness, unit_image: str) -> None:
    async with stack(
        api=Service(image=unit_image, depends_on={"queue": Condition.HEALTHY}),
        queue=Service(image=unit_image, command=("sh", "-c", "echo no space; exit 7"), healthcheck=HEALTHY),
    ) as harness:
        unit = await harness.started(await harness.spec())
        assert (unit.state, unit.ended_service, unit.exit_code) == (UnitState.EXITED, "queue", 7)
        assert await harness.log(unit, service="queue") == "no space\n"


async def test_a_service_that_ends_ends_the_unit(stack: MakeHarness) -> None:
    async with stack() as harness:
        unit = await _up(harness)
        await harness.do(_at(unit, "queue"), "leave", code=3)
        ended = await harness.ended(unit)
        assert (ended.ended_service, ended.exit_code, ended.base_url) == ("queue", 3, None)


async def test_memory_that_one_service_has_used_up_is_told(stack: MakeHarness) -> None:
    async with stack() as harness:
        unit = await _up(harness, ram=128 * MEGABYTE)
        await harness.do(_at(unit, "queue"), "eat", megabytes=200)
        ended = await harness.ended(unit)
        assert (ended.ended_service, ended.exit_code, ended.out_of_memory) == ("queue", 137, True)


async def test_a_container_that_others_removed_ends_the_unit(stack: MakeHarness, docker: Docker) -> None:
    async with stack() as harness:
        unit = await harness.up()
        queue = (await _containers(docker, unit))["queue"]
        await docker.containers.container(queue["Id"]).delete(force=True)
        (ended,) = await harness.runtime.units()
        assert (ended.state, ended.ended_service) == (UnitState.EXITED, "queue")
        again, _ = await harness.runtime.start(await harness.spec())
        assert again == ended


async def test_stopping_begins_with_those_that_need_others(stack: MakeHarness, unit_image: str, docker: Docker) -> None:
    async with stack(
        api=Service(image=unit_image, depends_on={"queue": Condition.STARTED}),
        queue=Service(image=unit_image, depends_on={"store": Condition.STARTED}),
        store=Service(image=unit_image),
    ) as harness:
        unit = await harness.up()
        await harness.runtime.stop(unit.id)
        ends = {name: each["State"]["FinishedAt"] for name, each in (await _containers(docker, unit)).items()}
        assert ends["api"] < ends["queue"] < ends["store"]
        (stopped,) = await harness.runtime.units()
        assert (stopped.state, stopped.exit_code) == (UnitState.EXITED, 0)


async def test_a_volume_is_shared_and_begins_with_what_the_image_has(
    stack: MakeHarness, make_image: Callable[..., str], docker: Docker, node_id: str
) -> None:
    image = make_image("RUN mkdir /shared && echo seed > /shared/seed && chmod 0777 /shared")
    async with stack(
        api=Service(image=image, volumes=(Mount(volume="work", path="/shared"),)),
        queue=Service(image=image, volumes=(Mount(volume="work", path="/elsewhere"),), user="1234:1234"),
    ) as harness:
        # The services take the image of the harness unless they name their own digest.
        harness.reference = image
        unit = await _up(harness)
        assert await _inside(docker, unit, "api", "cat", "/shared/seed") == "seed\n"
        assert await harness.ask(_at(unit, "queue"), "write", path="/elsewhere/big", megabytes=1) == {"error": None}
        assert await _inside(docker, unit, "api", "stat", "--format=%s %u", "/shared/big") == f"{MEGABYTE} 1234\n"
        later = await _up(harness, generation=2)
        assert await _inside(docker, later, "api", "ls", "/shared") == "seed\n"
        await harness.runtime.remove(unit.id)
        left = await _left(docker, node_id)
        assert len(left) == 4 and all(name.startswith(f"oaas-{node_id}-1-2") for name in left)
        await harness.runtime.remove(later.id)
        assert await _left(docker, node_id) == []


@pytest.mark.parametrize("made", ["network", "volume", "one container", "all containers"])
async def test_what_a_killed_node_left_half_made(
    made: str, stack: MakeHarness, unit_image: str, docker: Docker, node_id: str
) -> None:
    mount = (Mount(volume="work", path="/work"),)
    async with stack(
        api=Service(image=unit_image, volumes=mount), queue=Service(image=unit_image, volumes=mount)
    ) as harness:
        for generation in (1, 2):
            await _cut_short(harness, docker, node_id, generation, made)
        await harness.restart()
        half = sorted(await harness.runtime.units(), key=lambda unit: unit.generation)
        assert [(unit.generation, unit.state, unit.base_url) for unit in half] == [
            (1, UnitState.CREATED, None),
            (2, UnitState.CREATED, None),
        ]
        await harness.runtime.remove(half[0].id)
        assert all(name.startswith(f"oaas-{node_id}-1-2") for name in await _left(docker, node_id))
        unit = await harness.up(generation=2)
        assert unit.id == half[1].id
        assert await _connects(harness, _at(unit, "queue"), "api") is None
        await harness.runtime.remove(unit.id)
        assert await _left(docker, node_id) == []


async def test_a_single_container_is_no_stack(docker_harness: Harness) -> None:
    unit = await docker_harness.up(1, 1)
    await docker_harness.runtime.stop("stack-1-1")
    await docker_harness.runtime.remove("stack-1-1")
    assert await docker_harness.log(replace(unit, id="stack-1-1")) == ""
    assert await docker_harness.runtime.units() == [unit]


async def test_a_removal_that_was_cut_short_is_finished(stack: MakeHarness, docker: Docker, node_id: str) -> None:
    async with stack() as harness:
        unit = await harness.up()
        for container in (await _containers(docker, unit)).values():
            await docker.containers.container(container["Id"]).delete(force=True)
        assert await _left(docker, node_id) == [f"oaas-{node_id}-1-1"]
        (left,) = await harness.runtime.units()
        assert left.id == unit.id
        await harness.runtime.remove(left.id)
        assert await _left(docker, node_id) == []


async def test_what_is_left_can_be_removed_by_hand(
    stack: MakeHarness, unit_image: str, docker: Docker, node_id: str
) -> None:
    async with stack(api=Service(image=unit_image, volumes=(Mount(volume="work", path="/work"),))) as harness:
        await harness.up()
        assert len(await _left(docker, node_id)) == 3
        command = await asyncio.create_subprocess_shell(
            harness.runtime.cleanup_command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, complaints = await command.communicate()
        assert (command.returncode, complaints) == (0, b"")
        assert await _left(docker, node_id) == []
        assert await docker.networks.list(filters={"label": [f"io.oaas.node={node_id}"]}) == []


async def test_a_stack_that_cannot_be_made_leaves_nothing(
    stack: MakeHarness, unit_image: str, docker: Docker, node_id: str
) -> None:
    for bad, failure in (
        (Service(image="x", digest=f"sha256:{'0' * 64}"), ImageUnavailable),
        (Service(image=unit_image, user="nobody-here"), UnitFailed),
    ):
        async with stack(api=Service(image=unit_image), bad=bad) as harness:
            with pytest.raises(failure) as refused:
                await harness.runtime.start(await harness.spec())
            assert "bad" in str(refused.value) or failure is ImageUnavailable
            assert await _left(docker, node_id) == []


async def test_the_quota_is_divided(stack: MakeHarness, unit_image: str, docker: Docker) -> None:
    async with stack(
        api=Service(image=unit_image, share=3), queue=Service(image=unit_image), tiny=Service(image="", share=0.001)
    ) as harness:
        unit, enforced = await harness.up_with_quota(
            cpu=1.0, ram=276 * 10**6, pids=108, disk_space=10**9, network_bandwidth=10**7
        )
        limits = {name: each["HostConfig"] for name, each in (await _containers(docker, unit)).items()}
        assert [limits[name]["Memory"] for name in ("api", "queue", "tiny")] == [195 * 10**6, 65 * 10**6, 16 * 10**6]
        assert all(each["MemorySwap"] == each["Memory"] for each in limits.values())
        assert [limits[name]["PidsLimit"] for name in ("api", "queue", "tiny")] == [75, 25, 8]
        assert sum(each["NanoCpus"] for each in limits.values()) <= 10**9
        assert limits["api"]["NanoCpus"] == pytest.approx(3 * limits["queue"]["NanoCpus"], rel=1e-6)
        assert limits["tiny"]["NanoCpus"] == 10**7
        assert not enforced["diskSpace"].enforced
        assert enforced["cpu"].enforced and enforced["ram"].enforced and enforced["pids"].enforced
        stats = await harness.runtime.stats(unit.id)
        assert stats.memory_limit == pytest.approx(276 * 10**6, abs=3 * 4096)  # whole pages
        assert stats.pids >= 6  # an init process and a server in each


async def test_bandwidth_of_each_service_is_limited(stack: MakeHarness) -> None:
    async with stack() as harness:
        promise = harness.runtime.enforceable(Quota(network_bandwidth=8 * 10**6))["networkBandwidth"]
        if not promise.enforced:
            pytest.skip(f"no traffic shaping here: {promise.detail}")
        unit = await _up(harness, network_bandwidth=8 * 10**6)
        for service in ("api", "queue"):
            began = time.monotonic()
            await harness.ask(_at(unit, service), "serve_bytes", megabytes=1)
            megabits = MEGABYTE * 8 / 10**6 / (time.monotonic() - began)
            assert 2 < megabits < 4.7, f"{megabits:.1f} of 4 Mbit/s"


async def test_a_quota_too_small_for_all_is_refused(stack: MakeHarness, docker: Docker, node_id: str) -> None:
    async with stack() as harness:
        with pytest.raises(UnitFailed, match="not enough for 2 containers"):
            await harness.runtime.start(await harness.spec(ram=20 * 10**6))
        assert await _left(docker, node_id) == []


async def test_services_are_hardened(
    stack: MakeHarness, make_image: Callable[..., str], unit_image: str, docker: Docker
) -> None:
    services = {"api": Service(image=unit_image), "queue": Service(image=unit_image, user="999:1000")}
    async with stack(**services, root=Service(image=unit_image)) as harness:
        unit, _ = await harness.runtime.start(replace(await harness.spec(), writable=False))
        shown = await _containers(docker, unit)
        for each in shown.values():
            host = each["HostConfig"]
            assert host["CapDrop"] == ["ALL"] and not host["CapAdd"] and host["Privileged"] is False
            assert host["SecurityOpt"] == ["no-new-privileges"] and host["Init"] is True
            assert host["PidsLimit"] == 512 and not host["PortBindings"] and not host["Binds"]
            assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}}
            assert {limit["Name"] for limit in host["Ulimits"]} == {"nofile", "core"}
        # The dialect speaks for the service that answers alone.
        assert {name: each["HostConfig"]["ReadonlyRootfs"] for name, each in shown.items()} == {
            "api": True,
            "queue": False,
            "root": False,
        }
        assert {name: each["Config"]["User"] for name, each in shown.items()} == {
            "api": "65534:65534",
            "queue": "999:1000",
            "root": "",
        }
        capabilities = await _inside(docker, unit, "root", "cat", "/proc/1/status")
        assert f"CapEff:\t{'0' * 16}\n" in capabilities


async def test_logs_of_services_are_one_log_in_order(stack: MakeHarness) -> None:
    async with stack() as harness:
        unit = await _up(harness)
        said = []
        for number in range(6):
            service = ("api", "queue")[number % 2]
            await harness.ask(_at(unit, service), "say", text=f"line {number}")
            said.append(f"{service:5} | line {number}\n")
            await harness.logged(unit, said[-1])
        log = (await harness.log(unit)).splitlines(keepends=True)
        assert log[-6:] == said
        assert sorted(log[:-6]) == ["api   | the unit is up\n", "queue | the unit is up\n"]
        assert await harness.log(unit, tail=3) == "".join(said[-3:])
        await harness.ask(_at(unit, "queue"), "say", text="x" * 40_000)  # which the engine keeps in pieces
        assert (await harness.log(unit)).endswith(f"\nqueue | {'x' * 40_000}\n")
        assert await harness.log(unit, service="api") == "the unit is up\nline 0\nline 2\nline 4\n"


async def test_many_stacks_have_networks(docker: Docker, node_id: str) -> None:
    """The engine's own address pools end after some thirty."""
    engine = Engine()
    networks = StackNetworks(engine, IPv4Network("10.213.0.0/16"))
    names = [StackName(node_id, instance, 1) for instance in range(40)]
    try:
        for some in (names[:20], names[20:]):
            await asyncio.gather(*map(networks.ensure, some))
        await networks.ensure(names[0])
        listed = await _networks(docker, node_id)
        assert len(listed) == 40
        subnets = {network["IPAM"]["Config"][0]["Subnet"] for network in listed}
        assert len(subnets) == 40
        assert {IPv4Network(subnet).prefixlen for subnet in subnets} == {27}
    finally:
        for name in names:
            await networks.remove(name)
        await engine.close()
    assert await _networks(docker, node_id) == []


async def test_addresses_that_end(docker: Docker, node_id: str) -> None:
    """Three stacks at once in a range for two."""
    engine = Engine()
    networks = StackNetworks(engine, IPv4Network("10.214.255.0/26"))
    names = [StackName(node_id, instance, 1) for instance in range(3)]
    try:
        outcomes = await asyncio.gather(*map(networks.ensure, names), return_exceptions=True)
        assert sorted(map(str, outcomes))[1:] == ["None", "None"]
        (refused,) = [outcome for outcome in outcomes if outcome is not None]
        assert isinstance(refused, UnitFailed) and "OAAS_STACK_NETWORKS" in refused.detail
    finally:
        for name in names:
            await networks.remove(name)
        await engine.close()


async def test_on_a_given_network(unit_image: str, node_id: str, tmp_path: Path, docker: Docker) -> None:
    name = f"given-{node_id}"
    network = await docker.networks.create({"Name": name, "Driver": "bridge"})
    services = {"api": Service(image=unit_image), "queue": Service(image=unit_image)}
    other_queue = await docker.containers.create(
        {
            "Image": unit_image,
            "HostConfig": {"NetworkMode": name},
            "NetworkingConfig": {"EndpointsConfig": {name: {"Aliases": ["queue"]}}},
        }
    )
    try:
        await other_queue.start()

        def make() -> DockerRuntime:
            return DockerRuntime(node_id, tmp_path, network=network.id, network_mode_host=False)

        async with Harness(make, unit_image, services) as harness:
            unit, other = await _up(harness, 1), await _up(harness, 2)
            shown = (await network.show())["Containers"]
            given = {each["IPv4Address"].split("/")[0] for id_, each in shown.items() if id_ != other_queue.id}
            assert given == {*unit.addresses.values(), *other.addresses.values()}
            # A name means the service of the stack, whoever else has it on the given network.
            for each, instance in ((unit, 1), (other, 2)):
                own = await _addresses(docker, node_id, instance) - given
                named = await _inside(docker, each, "api", "getent", "hosts", "queue")
                assert named.split()[0] in own
        assert [each["Name"] for each in await _networks(docker, node_id)] == []
    finally:
        await other_queue.delete(force=True)
        await network.delete()


async def _up(harness: Harness, *instance: int, **quota: int) -> Unit:
    """A unit all of whose services answer."""
    unit = await harness.up(*instance, **quota)
    for service in unit.addresses:
        assert await _connects(harness, _at(unit, service), "127.0.0.1") is None
    return unit


def _at(unit: Unit, service: str) -> Unit:
    """The unit, spoken to at another of its services."""
    return replace(unit, base_url=f"http://{unit.addresses[service]}:{PORT}")


async def _connects(harness: Harness, unit: Unit, host: str, port: int = PORT) -> str | None:
    """Why a container can't connect to a port; None if it can."""
    async with asyncio.timeout(20):
        for rest in delays(first=0.05, most=0.5):
            # Neither server need be up yet.
            with contextlib.suppress(httpx.ConnectError):
                error: str | None = (await harness.ask(unit, "connect", host=host, port=port))["error"]
                if error is None or "refused" not in error:
                    return error
            await asyncio.sleep(rest)
    raise AssertionError("unreachable")


async def _containers(docker: Docker, unit: Unit) -> dict[str, dict[str, Any]]:
    """By service, as the engine shows them."""
    labels = [f"io.oaas.instance={unit.instance_id}", f"io.oaas.generation={unit.generation}", "io.oaas.service"]
    listed = await docker.containers.list(all=True, filters={"label": labels})
    shown = [await each.show() for each in listed]
    return {each["Config"]["Labels"]["io.oaas.service"]: each for each in shown}


async def _addresses(docker: Docker, node_id: str, instance: int) -> set[str]:
    """All addresses of all containers of an instance."""
    labels = [f"io.oaas.node={node_id}", f"io.oaas.instance={instance}"]
    listed = await docker.containers.list(filters={"label": labels})
    networks: list[Mapping[str, Any]] = [(await each.show())["NetworkSettings"]["Networks"] for each in listed]
    return {each["IPAddress"] for network in networks for each in network.values()}


async def _inside(docker: Docker, unit: Unit, service: str, *command: str) -> str:
    """Output of a program in a container."""
    container = docker.containers.container((await _containers(docker, unit))[service]["Id"])
    execution = await container.exec(cmd=list(command))
    written = b""
    async with execution.start() as stream:
        while message := await stream.read_out():
            written += message.data
    return written.decode()


async def _left(docker: Docker, node_id: str) -> list[str]:
    """Names of everything that a node made beside the network that all of its units share."""
    filters = {"label": [f"io.oaas.node={node_id}"]}
    containers = await docker.containers.list(all=True, filters=filters)
    networks = [each["Name"] for each in await _networks(docker, node_id)]
    volumes = await docker._query_json("volumes", params={"filters": json.dumps(filters)})
    names = [(await each.show())["Name"].removeprefix("/") for each in containers]
    return sorted(names + networks + [each["Name"] for each in volumes["Volumes"] or ()])


async def _networks(docker: Docker, node_id: str) -> list[dict[str, Any]]:
    filters = {"label": [f"io.oaas.node={node_id}", "io.oaas.instance"]}
    listed: list[dict[str, Any]] = await docker._query_json("networks", params={"filters": json.dumps(filters)})
    return listed


async def _cut_short(harness: Harness, docker: Docker, node_id: str, generation: int, made: str) -> None:
    """What is there when a node was killed while it made a stack."""
    unit, _ = await harness.runtime.start(await harness.spec(generation=generation))
    containers = await _containers(docker, unit)
    for container in containers.values():
        await docker.containers.container(container["Id"]).delete(force=True)
    kept = {"network": 0, "volume": 0, "one container": 1, "all containers": 2}[made]
    for shown in list(containers.values())[:kept]:
        config = {**shown["Config"], "HostConfig": shown["HostConfig"]}
        service = shown["Config"]["Labels"]["io.oaas.service"]
        own = f"oaas-{node_id}-1-{generation}"
        config["NetworkingConfig"] = {"EndpointsConfig": {own: {"Aliases": [service]}}}
        await docker.containers.create(config, name=shown["Name"].removeprefix("/"))
    if made == "network":
        async with docker._query(f"volumes/oaas-{node_id}-1-{generation}-work", method="DELETE") as answer:
            assert answer.status == 204
