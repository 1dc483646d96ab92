"""Quotas and hardening of containers: as the engine shows them, and as the unit feels them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiodocker import Docker
from runtimes_harness import Harness

from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import Unit
from oaasplatform.runtimes.docker import DockerRuntime

pytestmark = pytest.mark.docker
MEGABYTE = 2**20


async def test_the_quota_becomes_limits_of_the_container(docker_harness: Harness, docker: Docker) -> None:
    unit, enforced = await docker_harness.up_with_quota(cpu=0.5, ram=256 * MEGABYTE, pids=64, disk_space=32 * MEGABYTE)
    limits = (await (await docker.containers.get(unit.id)).show())["HostConfig"]
    assert limits["NanoCpus"] == 500_000_000
    assert limits["Memory"] == limits["MemorySwap"] == 256 * MEGABYTE
    assert limits["PidsLimit"] == 64
    assert f"size={32 * MEGABYTE}" in limits["Tmpfs"]["/tmp"]
    assert {name: each.enforced for name, each in enforced.items()} == dict.fromkeys(
        ["cpu", "ram", "pids", "diskSpace"], True
    )
    assert (await docker_harness.runtime.stats(unit.id)).memory_limit == 256 * MEGABYTE


async def test_units_are_hardened_without_being_asked(docker_harness: Harness, docker: Docker) -> None:
    unit = await docker_harness.up()
    shown = await (await docker.containers.get(unit.id)).show()
    host = shown["HostConfig"]
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"] and host["Privileged"] is False
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["ReadonlyRootfs"] is True and host["Init"] is True
    assert host["PidsLimit"] == 512
    assert host["RestartPolicy"]["Name"] == "no"
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}}
    assert {limit["Name"] for limit in host["Ulimits"]} == {"nofile", "core"}
    assert not host["Binds"] and not shown["Mounts"] and not host["PortBindings"]
    assert shown["Config"]["User"] == "65534:65534"
    assert (await docker_harness.ask(unit, "health"))["uid"] == 65534
    assert (await docker_harness.runtime.stats(unit.id)).memory_limit is None


async def test_labels_name_node_instance_and_generation(docker_harness: Harness, docker: Docker, node_id: str) -> None:
    unit = await docker_harness.up(instance=5, generation=2)
    shown = await (await docker.containers.get(unit.id)).show()
    labels = {name: text for name, text in shown["Config"]["Labels"].items() if name.startswith("io.oaas.")}
    assert labels == {
        "io.oaas.node": node_id,
        "io.oaas.instance": "5",
        "io.oaas.generation": "2",
        "io.oaas.port": "55955",
    }
    assert shown["Image"] == (await docker.images.inspect(docker_harness.reference))["Id"]


async def test_only_tmp_can_be_written_and_only_so_much(docker_harness: Harness) -> None:
    unit = await docker_harness.up(disk_space=8 * MEGABYTE)
    assert await docker_harness.ask(unit, "write", path="/tmp/small", megabytes=6) == {"error": None}
    full = await docker_harness.ask(unit, "write", path="/tmp/large", megabytes=6)
    assert full["error"] == "No space left on device"
    for place in ("/large", "/usr/large", "/var/large"):
        refused = await docker_harness.ask(unit, "write", path=place, megabytes=1)
        assert refused["error"] in ("Read-only file system", "Permission denied")


async def test_too_many_processes_are_refused(docker_harness: Harness) -> None:
    unit = await docker_harness.up(pids=24)
    spawned = await docker_harness.ask(unit, "spawn", count=100)
    assert spawned["error"] is not None
    assert len(spawned["pids"]) < 24


async def test_a_unit_that_takes_too_much_memory_is_killed_and_says_so(docker_harness: Harness) -> None:
    unit = await docker_harness.up(ram=64 * MEGABYTE)
    await docker_harness.do(unit, "eat", megabytes=200)
    ended = await docker_harness.ended(unit)
    assert (ended.exit_code, ended.out_of_memory) == (137, True)


async def test_a_child_killed_for_memory_is_not_the_units_end(docker_harness: Harness) -> None:
    unit = await docker_harness.up(ram=64 * MEGABYTE)
    assert (await docker_harness.ask(unit, "eat_in_child", megabytes=200))["code"] == -9
    await docker_harness.do(unit, "leave", code=3)
    ended = await docker_harness.ended(unit)
    assert (ended.exit_code, ended.out_of_memory) == (3, False)


async def test_cpu_time_is_limited(docker_harness: Harness) -> None:
    unit = await docker_harness.up(cpu=0.2)
    await docker_harness.runtime.stats(unit.id)
    await asyncio.gather(*(docker_harness.ask(unit, "burn", seconds=1.5) for _ in range(2)))
    assert (await docker_harness.runtime.stats(unit.id)).cpu < 0.35


async def test_more_cores_than_there_are_mean_all_of_them(docker_harness: Harness, docker: Docker) -> None:
    unit = await docker_harness.up(cpu=1000.0)
    limits = (await (await docker.containers.get(unit.id)).show())["HostConfig"]
    assert limits["NanoCpus"] == (await docker.system.info())["NCPU"] * 10**9


async def test_bandwidth_is_shaped_in_both_directions(docker_harness: Harness) -> None:
    quota = Quota(network_bandwidth=8 * 10**6)
    promise = docker_harness.runtime.enforceable(quota)["networkBandwidth"]
    unit, enforced = await docker_harness.up_with_quota(network_bandwidth=8 * 10**6)
    assert enforced["networkBandwidth"] == promise
    if not promise.enforced:
        pytest.skip(f"no traffic shaping here: {promise.detail}")
    for transfer in (
        docker_harness.ask(unit, "serve_bytes", megabytes=2),
        docker_harness.send(unit, bytes(2 * MEGABYTE)),
    ):
        began = time.monotonic()
        await transfer
        megabits = 2 * MEGABYTE * 8 / 10**6 / (time.monotonic() - began)
        assert 4 < megabits < 9, f"{megabits:.1f} of 8 Mbit/s"


async def test_shaping_says_why_it_does_not_work(docker_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    if not docker_harness.runtime.enforceable(Quota(network_bandwidth=10**6))["networkBandwidth"].enforced:
        pytest.skip("no traffic shaping here")
    # Rates beyond 64 bits are nothing that tc understands.
    _, enforced = await docker_harness.runtime.start(await docker_harness.spec(network_bandwidth=2**70))
    assert not enforced["networkBandwidth"].enforced
    assert "tc" in enforced["networkBandwidth"].detail
    monkeypatch.setenv("PATH", "/nonexistent")
    await docker_harness.runtime.info()
    promise = docker_harness.runtime.enforceable(Quota(network_bandwidth=10**6))["networkBandwidth"]
    assert not promise.enforced and "tc" in promise.detail


async def test_gpus_need_a_runtime_for_them(docker_harness: Harness, docker: Docker) -> None:
    if "nvidia" in (await docker.system.info())["Runtimes"]:
        pytest.skip("there is one here")
    unit, enforced = await docker_harness.up_with_quota(gpus=1)
    assert not enforced["gpus"].enforced
    assert not (await (await docker.containers.get(unit.id)).show())["HostConfig"]["DeviceRequests"]


async def test_nothing_is_promised_before_the_engine_has_answered(
    docker_engine: None, node_id: str, tmp_path: Path
) -> None:
    runtime = DockerRuntime(node_id, tmp_path)
    assert not runtime.enforceable(Quota(cpu=1.0))["cpu"].enforced
    await runtime.close()


async def test_volumes_of_an_image_are_memory_too(
    make_image: Callable[..., str], node_id: str, tmp_path: Path, docker: Docker
) -> None:
    image = make_image("VOLUME /data")
    async with Harness(lambda: DockerRuntime(node_id, tmp_path), image) as harness:
        unit = await harness.up(disk_space=16 * MEGABYTE)
        assert await harness.ask(unit, "write", path="/data/small", megabytes=6) == {"error": None}
        assert (await harness.ask(unit, "write", path="/data/large", megabytes=6))["error"] is not None
        assert await _volumes_of(docker, unit) == set()


async def test_writable_units_keep_their_image_s_user_and_volumes(
    make_image: Callable[..., str], node_id: str, tmp_path: Path, docker: Docker
) -> None:
    image = make_image("RUN mkdir /data && touch /data/seed", "VOLUME /data")
    async with Harness(lambda: DockerRuntime(node_id, tmp_path), image) as harness:
        unit, enforced = await harness.runtime.start(replace(await harness.spec(disk_space=10**9), writable=True))
        assert not enforced["diskSpace"].enforced
        assert not harness.runtime.enforceable(Quota(disk_space=10**9), writable=True)["diskSpace"].enforced
        volumes = await _volumes_of(docker, unit)
        unit = await harness.up(disk_space=10**9)
        volumes |= await _volumes_of(docker, unit)
        assert volumes
        for place in ("/data/large", "/large", "/usr/large"):
            assert await harness.ask(unit, "write", path=place, megabytes=1) == {"error": None}
        told = await harness.ask(unit, "health")
        assert (told["uid"], told["environment"]["HOME"]) == (0, "/root")
        host = (await (await docker.containers.get(unit.id)).show())["HostConfig"]
        assert host["CapDrop"] == ["ALL"] and host["SecurityOpt"] == ["no-new-privileges"]
    assert not volumes & await _volumes(docker)


async def test_an_image_may_name_another_user_but_not_root(
    make_image: Callable[..., str], node_id: str, tmp_path: Path
) -> None:
    for user, uid in (("1234", 1234), ("root:root", 65534), ("0", 65534)):
        async with Harness(lambda: DockerRuntime(node_id, tmp_path), make_image(f"USER {user}")) as harness:
            unit = await harness.up()
            assert (await harness.ask(unit, "health"))["uid"] == uid


async def _volumes_of(docker: Docker, unit: Unit) -> set[str]:
    mounts = (await (await docker.containers.get(unit.id)).show())["Mounts"]
    return {mount["Name"] for mount in mounts if mount["Type"] == "volume"}


async def _volumes(docker: Docker) -> set[str]:
    listed = await docker.volumes.list()  # type: ignore[no-untyped-call]
    return {volume["Name"] for volume in listed["Volumes"] or ()}
