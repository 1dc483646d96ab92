"""The driver: what a ``Runtime`` promises, by a Docker Engine (or Podman, which speaks the same API)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from oaasplatform.domain.deployments import Stack
from oaasplatform.domain.errors import EngineUnavailable, SettingsInvalid
from oaasplatform.domain.images import Image
from oaasplatform.domain.jobs import Job, JobSpec
from oaasplatform.domain.networks import STACK_NETWORKS
from oaasplatform.domain.quotas import Enforcement, Quota
from oaasplatform.runtimes.base import Credentials, EngineInfo, Unit, UnitSpec, UnitState, UnitStats
from oaasplatform.runtimes.docker.containers import container_config
from oaasplatform.runtimes.docker.engine import Engine
from oaasplatform.runtimes.docker.host import Host, enforcement, host_of, shaping_hindrance
from oaasplatform.runtimes.docker.images import Images
from oaasplatform.runtimes.docker.inventory import Inventory
from oaasplatform.runtimes.docker.jobs import JobContainers
from oaasplatform.runtimes.docker.labels import NODE, SERVICE, unit_labels, unit_name
from oaasplatform.runtimes.docker.lifecycle import Lifecycle
from oaasplatform.runtimes.docker.measuring import Meter
from oaasplatform.runtimes.docker.network import GivenNetwork, OwnNetwork
from oaasplatform.runtimes.docker.shaping import shaped
from oaasplatform.runtimes.docker.stacks import Stacks
from oaasplatform.runtimes.docker.stacks.logs import combined_logs
from oaasplatform.runtimes.docker.stacks.names import StackName, name_in
from oaasplatform.runtimes.docker.stacks.units import grouped, stack_unit
from oaasplatform.runtimes.docker.streams import read_logs, watch_events
from oaasplatform.runtimes.docker.units import container_state, unit_of


class DockerRuntime:
    """Units are containers, or stacks of them.

    With ``network_mode_host`` the node runs on the host and the units on a bridge of the node's own, ``network`` is
    that bridge's concern alone. Without, the node is a container itself, and all of them share ``network``, which has
    to exist.
    """

    name = "docker"

    def __init__(
        self,
        node_id: str,
        data_dir: Path,
        *,
        network: str | None = None,
        network_mode_host: bool = True,
        stack_networks: IPv4Network = STACK_NETWORKS,
        url: str | None = None,
    ) -> None:
        """Connects to nothing yet. ``stack_networks``: the addresses of networks that stacks have of their own.

        Raises:
            SettingsInvalid: a network is needed, and none is given.
        """
        if not network_mode_host and network is None:
            raise SettingsInvalid(
                "NETWORK_MODE_HOST=false needs OAAS_NETWORK: the Docker network that the node's container is connected "
                "to, and that its instances will share."
            )
        self._node_id = node_id
        self._data_dir = data_dir
        self._network_mode_host = network_mode_host
        self._engine = Engine(url)
        self._images = Images(self._engine)
        self._network: OwnNetwork | GivenNetwork
        if network_mode_host or network is None:
            self._network = OwnNetwork(self._engine, node_id)
        else:
            self._network = GivenNetwork(self._engine, network)
        self._lifecycle = Lifecycle(self._engine, node_id)
        self._inventory = Inventory(self._engine, self._lifecycle, node_id)
        self._stacks = Stacks(self._engine, self._inventory, self._lifecycle, self._images, node_id, stack_networks)
        self._meter = Meter(self._engine)
        self._jobs = JobContainers(self._engine, self._images, node_id)
        self._host: Host | None = None
        self._callback_host: str | None = None

    async def open(self) -> None:
        """Connect, and make the network."""
        await self.info()
        self._callback_host = await self._network.ensure()

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.close()

    @property
    def cleanup_command(self) -> str:
        """By the docker client, whatever the node knows."""
        steps = (("ps --all", "rm --force --volumes"), ("network ls", "network rm"), ("volume ls", "volume rm"))
        ours = f"--quiet --filter label={NODE}={self._node_id} | xargs --no-run-if-empty"
        return "; ".join(f"docker {list_} {ours} docker {remove}" for list_, remove in steps)

    async def info(self) -> EngineInfo:
        """Ask the engine."""
        async with self._engine.ask() as docker:
            engine = await docker.system.info()
        hindrance = shaping_hindrance(network_mode_host=self._network_mode_host, engine_is_local=self._engine.is_local)
        self._host = host_of(engine, hindrance)
        return EngineInfo(
            name=self.name,
            version=str(engine["ServerVersion"]),
            cpu=float(engine["NCPU"]),
            ram=int(engine["MemTotal"]),
            disk=await asyncio.to_thread(_free_bytes, Path(engine["DockerRootDir"]), self._data_dir),
            isolates=True,
        )

    @property
    def callback_host(self) -> str:
        """The gateway of the own network, or the node's address on the given one."""
        if self._callback_host is None:
            raise EngineUnavailable("The container engine has not answered yet.")
        return self._callback_host

    async def prepare(
        self,
        reference: str,
        *,
        refresh: bool = False,
        on_progress: Callable[[str], None] | None = None,
        credentials: Credentials | None = None,
    ) -> Image:
        """Take the local image, or pull it."""
        return await self._images.prepare(reference, refresh=refresh, on_progress=on_progress, credentials=credentials)

    def enforceable(self, quota: Quota, *, writable: bool = False) -> dict[str, Enforcement]:
        """What the engine said it can limit when it was asked last."""
        return enforcement(quota, self._host, writable=writable)

    async def start(self, spec: UnitSpec) -> tuple[Unit, dict[str, Enforcement]]:
        """Create and start the container, or adopt it; or go on with a stack."""
        host = await self._host_now()
        await self._network.ensure()
        if spec.stack is not None:
            return await self._start_stack(spec, spec.stack, host)
        name = unit_name(self._node_id, spec)
        found = await self._lifecycle.inspect(name)
        container = await self._create(name, spec, host) if found is None else self._lifecycle.checked(found)
        if container_state(container) is UnitState.CREATED:
            container = await self._lifecycle.start(container["Id"])
        unit = unit_of(container)
        enforced = enforcement(spec.quota, host, writable=spec.writable)
        return unit, await shaped(enforced, [(container, spec.quota)], host, self._network.name)

    async def _start_stack(self, spec: UnitSpec, stack: Stack, host: Host) -> tuple[Unit, dict[str, Enforcement]]:
        shared = self._network.name
        parts = await self._stacks.start(spec, stack, host, shared=shared)
        name = StackName(self._node_id, spec.instance_id, spec.generation)
        unit = stack_unit(name, [part.container for part in parts], shared=shared)
        # The last call looks after all of them, in case that an earlier one was cut short.
        places = [(part.container, part.quota) for part in parts if part.fresh or unit.state is not UnitState.CREATED]
        return unit, await shaped(enforcement(spec.quota, host, writable=True), places, host, shared)

    async def _create(self, name: str, spec: UnitSpec, host: Host) -> dict[str, Any]:
        image = await self._images.resolve(spec.digest, spec.credentials)
        labels = unit_labels(self._node_id, spec)
        config = container_config(spec, image, host, network=self._network.name, labels=labels)
        return await self._lifecycle.create(name, config)

    async def stop(self, unit_id: str, *, grace: float = 5.0) -> None:
        """SIGTERM, then SIGKILL, by the engine."""
        if (stack := name_in(self._node_id, unit_id)) is not None:
            await self._stacks.stop(stack, grace=grace)
        else:
            await self._lifecycle.stop(unit_id, grace=grace)

    async def remove(self, unit_id: str) -> None:
        """Kill and remove all containers with their volumes, and the network of a stack."""
        if (stack := name_in(self._node_id, unit_id)) is not None:
            for container_id in await self._stacks.remove(stack):
                self._meter.forget(container_id)
        else:
            self._meter.forget(unit_id)
            await self._lifecycle.remove(unit_id)

    async def units(self) -> list[Unit]:
        """All containers with the node's label, and what is left of stacks without any."""
        containers, stacks = await asyncio.gather(self._inventory.all(), self._stacks.names())
        single = [each for each in containers if SERVICE not in each["Config"]["Labels"]]
        members = grouped(each for each in containers if SERVICE in each["Config"]["Labels"])
        shared = self._network.name
        units = [stack_unit(name, members.get(name, ()), shared=shared) for name in {*members, *stacks}]
        return [*map(unit_of, single), *units]

    async def logs(
        self, unit_id: str, *, tail: int | None = None, follow: bool = False, service: str | None = None
    ) -> AsyncIterator[bytes]:
        """The engine's log of the containers; the oldest part of a long one is gone."""
        stack = name_in(self._node_id, unit_id)
        containers = {} if stack is None else await self._stacks.ids(stack)
        if stack is not None and service is None:
            lines = combined_logs(self._engine, containers, tail=tail, follow=follow)
        else:
            container = unit_id if stack is None else containers.get(service or "", unit_id)
            lines = read_logs(self._engine, container, tail=tail, follow=follow)
        async for chunk in lines:
            yield chunk

    async def stats(self, unit_id: str) -> UnitStats:
        """Measure by the cgroups of the containers."""
        host = await self._host_now()
        stack = name_in(self._node_id, unit_id)
        if stack is None:
            return await self._meter.measure(unit_id, host)
        return await self._meter.measure_all(list((await self._stacks.ids(stack)).values()), host)

    async def start_job(self, spec: JobSpec) -> Job:
        """Make the container of a run, with its input."""
        host = await self._host_now()
        await self._network.ensure()
        return await self._jobs.start(spec, host, self._network.name)

    async def find_job(self, instance_id: int, run_id: str) -> Job | None:
        """The container of a run."""
        return await self._jobs.find(instance_id, run_id)

    async def wait_job(self, job_id: str, seconds: float) -> bool:
        """Until the engine says that it has ended."""
        return await self._jobs.wait(job_id, seconds)

    def read_job(self, job_id: str, path: str | None) -> AsyncIterator[bytes]:
        """A file of it, or its standard output."""
        return self._jobs.read(job_id, path)

    def job_log(self, job_id: str, *, stdout: bool, tail: int | None = None) -> AsyncIterator[bytes]:
        """What it wrote, by the engine's log."""
        return read_logs(self._engine, job_id, tail=tail, follow=False, stdout=stdout)

    async def stop_job(self, job_id: str, *, grace: float) -> None:
        """Like any container."""
        await self.stop(job_id, grace=grace)

    async def remove_job(self, job_id: str) -> None:
        """Like any container."""
        await self.remove(job_id)

    def events(self) -> AsyncIterator[None]:
        """The engine's events about our containers."""
        return watch_events(self._engine, self._node_id)

    async def purge(self) -> None:
        """Remove all containers and the own network."""
        await asyncio.gather(*(self.remove(unit.id) for unit in await self.units()))
        await self._stacks.sweep()
        await self._network.remove()

    async def _host_now(self) -> Host:
        if self._host is None:
            await self.info()
        assert self._host is not None
        return self._host


def _free_bytes(engine_dir: Path, data_dir: Path) -> int:
    """Free disk space of the engine, or of the node where the engine's directory is out of sight."""
    for directory in (engine_dir, data_dir, *data_dir.absolute().parents):
        try:
            return int(psutil.disk_usage(str(directory)).free)
        except OSError:
            continue
    return 0
