"""The driver: what a ``Runtime`` promises, by a Docker Engine (or Podman, which speaks the same API)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import structlog
from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import EngineUnavailable, ImageUnavailable, SettingsInvalid, UnitFailed
from oaasplatform.domain.images import Image
from oaasplatform.domain.jobs import Job, JobSpec
from oaasplatform.domain.quotas import Enforcement, Quota
from oaasplatform.kit.backoff import delays
from oaasplatform.runtimes.base import Credentials, EngineInfo, Unit, UnitSpec, UnitState, UnitStats
from oaasplatform.runtimes.docker.containers import container_config
from oaasplatform.runtimes.docker.engine import CALL_SECONDS, CONFLICT, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.host import Host, enforcement, host_of, shaping_hindrance
from oaasplatform.runtimes.docker.images import Images
from oaasplatform.runtimes.docker.jobs import JobContainers
from oaasplatform.runtimes.docker.labels import NODE, belongs_to, of_node, unit_labels, unit_name
from oaasplatform.runtimes.docker.measuring import Meter
from oaasplatform.runtimes.docker.network import GivenNetwork, OwnNetwork
from oaasplatform.runtimes.docker.shaping import ShapingFailed, shape
from oaasplatform.runtimes.docker.streams import read_logs, watch_events
from oaasplatform.runtimes.docker.units import address_of, state_of, unit_of

_START_SECONDS = 60.0
"""Creating and starting a container on a busy machine."""

log = structlog.get_logger(__name__)


class DockerRuntime:
    """Units are containers.

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
        url: str | None = None,
    ) -> None:
        """Connects to nothing yet.

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
        self._meter = Meter(self._engine)
        self._jobs = JobContainers(self._engine, self._images, node_id)
        self._host: Host | None = None
        self._callback_host: str | None = None
        self._seen: dict[tuple[str, UnitState, str | None], Unit] = {}
        """Units as inspected before; valid while neither state nor address change."""

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
        containers = f"docker rm --force $(docker ps --all --quiet --filter label={NODE}={self._node_id})"
        if isinstance(self._network, GivenNetwork):
            return containers
        return f"{containers}; docker network rm {self._network.name}"

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
        return enforcement(quota, self._host)

    async def start(self, spec: UnitSpec) -> tuple[Unit, dict[str, Enforcement]]:
        """Create and start the container, or adopt it."""
        host = await self._host_now()
        await self._network.ensure()
        name = unit_name(self._node_id, spec)
        container = await self._inspect(name) or await self._create(name, spec, host)
        if not belongs_to(self._node_id, container["Config"]["Labels"]):
            raise UnitFailed(f"Another container has the name {name}.")
        if state_of(container["State"]["Status"]) is UnitState.CREATED:
            container = await self._launch(container["Id"])
        return unit_of(container), await self._enforce(spec.quota, host, container)

    async def stop(self, unit_id: str, *, grace: float = 5.0) -> None:
        """SIGTERM, then SIGKILL, by the engine."""
        async with self._engine.ask(grace + CALL_SECONDS) as docker:
            try:
                await docker.containers.container(unit_id).stop(t=math.ceil(grace))
            except DockerError as error:
                if error.status != NOT_FOUND:
                    raise

    async def remove(self, unit_id: str) -> None:
        """Kill and remove the container with its volumes."""
        self._meter.forget(unit_id)
        async with self._engine.ask(_START_SECONDS) as docker:
            container = docker.containers.container(unit_id)
            try:
                await container.delete(force=True, v=True)
            except DockerError as error:
                if error.status == CONFLICT:
                    await _removed_by_others(container)
                elif error.status != NOT_FOUND:
                    raise

    async def units(self) -> list[Unit]:
        """All containers with the node's label."""
        params = {"all": "1", **of_node(self._node_id)}
        async with self._engine.ask() as docker:
            listed = await docker._query_json("containers/json", params=params)
        keys = [(each["Id"], state_of(each["State"]), address_of(each)) for each in listed]
        known = {key: self._seen[key] for key in keys if key in self._seen}
        inspected = await asyncio.gather(*(self._inspect(key[0]) for key in keys if key not in known))
        for container in inspected:
            if container is not None:  # else it was removed meanwhile
                unit = unit_of(container)
                known[unit.id, unit.state, address_of(container)] = unit
        self._seen = known
        return list(known.values())

    def logs(self, unit_id: str, *, tail: int | None = None, follow: bool = False) -> AsyncIterator[bytes]:
        """The engine's log of the container; the oldest part of a long one is gone."""
        return read_logs(self._engine, unit_id, tail=tail, follow=follow)

    async def stats(self, unit_id: str) -> UnitStats:
        """Measure by the container's cgroup."""
        host = await self._host_now()
        return await self._meter.measure(unit_id, host)

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
        await self._network.remove()

    async def _host_now(self) -> Host:
        if self._host is None:
            await self.info()
        assert self._host is not None
        return self._host

    async def _create(self, name: str, spec: UnitSpec, host: Host) -> dict[str, Any]:
        """Create the container; if somebody else did in the meantime, take that one."""
        image = await self._images.resolve(spec.digest, spec.credentials)
        labels = unit_labels(self._node_id, spec)
        config = container_config(spec, image, host, network=self._network.name, labels=labels)
        async with self._engine.ask(_START_SECONDS) as docker:
            for rest in delays(first=0.02, most=0.5):
                try:
                    await docker.containers.create(config, name=name)
                except DockerError as error:
                    if error.status == NOT_FOUND:
                        raise ImageUnavailable(f"The engine can't find the image: {error.message}") from error
                    if error.status != CONFLICT:
                        raise UnitFailed(f"The engine refused to create the container: {error.message}") from error
                container = await self._inspect(name)
                if container is not None:
                    return container
                # The name is taken from the beginning of a creation to the end of a removal; both show later.
                await asyncio.sleep(rest)
        raise AssertionError("unreachable")

    async def _launch(self, unit_id: str) -> dict[str, Any]:
        """Start a created container; one that can't be started is removed."""
        refusal = None
        async with self._engine.ask(_START_SECONDS) as docker:
            try:
                await docker.containers.container(unit_id).start()
            except DockerError as error:
                if error.status == NOT_FOUND and await self._inspect(unit_id) is None:
                    raise UnitFailed("The container was removed while it was being started.") from error
                refusal = error
        if refusal is not None:
            await self.remove(unit_id)
            raise UnitFailed(f"The engine could not start the container: {refusal.message}") from refusal
        container = await self._inspect(unit_id)
        if container is None:
            raise UnitFailed("The container was removed while it was being started.")
        return container

    async def _enforce(self, quota: Quota, host: Host, container: Mapping[str, Any]) -> dict[str, Enforcement]:
        """Limit what the engine itself can't, and say what holds."""
        enforced = enforcement(quota, host)
        address = address_of(container)
        if quota.network_bandwidth is None or host.no_shaping is not None or address is None:
            return enforced
        try:
            await shape(container["State"]["Pid"], address, quota.network_bandwidth)
        except ShapingFailed as failure:
            # It may have ended already; then its failure to live is the news, not this.
            log.warning("bandwidth is not limited", unit=container["Name"], reason=str(failure))
            enforced["networkBandwidth"] = Enforcement(False, str(failure))
        return enforced

    async def _inspect(self, name: str) -> dict[str, Any] | None:
        async with self._engine.ask() as docker:
            try:
                return (await docker.containers.get(name))._container
            except DockerError as error:
                if error.status != NOT_FOUND:
                    raise
                return None


async def _removed_by_others(container: Any) -> None:
    """Wait for the end of a removal that is under way."""
    try:
        await container.wait(condition="removed")
    except DockerError as error:
        if error.status != NOT_FOUND:
            raise


def _free_bytes(engine_dir: Path, data_dir: Path) -> int:
    """Free disk space of the engine, or of the node where the engine's directory is out of sight."""
    for directory in (engine_dir, data_dir, *data_dir.absolute().parents):
        try:
            return int(psutil.disk_usage(str(directory)).free)
        except OSError:
            continue
    return 0
