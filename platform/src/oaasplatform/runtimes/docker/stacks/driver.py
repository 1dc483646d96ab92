"""Stacks: made, started in the order of their dependencies, stopped, removed.

Nothing is remembered between calls: each looks at the labels of what is there and goes on from that.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from aiodocker.exceptions import DockerError

from oaasplatform.domain.deployments import Condition, Service, Stack
from oaasplatform.domain.errors import ImageUnavailable, InvalidQuota, UnitFailed
from oaasplatform.domain.quotas import Quota
from oaasplatform.domain.shares import divided
from oaasplatform.runtimes.base import UnitSpec, UnitState
from oaasplatform.runtimes.docker.engine import NO_CONNECTION, Engine
from oaasplatform.runtimes.docker.host import Host
from oaasplatform.runtimes.docker.images import Images
from oaasplatform.runtimes.docker.inventory import Inventory
from oaasplatform.runtimes.docker.labels import SERVICE, of_node
from oaasplatform.runtimes.docker.lifecycle import Lifecycle
from oaasplatform.runtimes.docker.stacks.config import depths, service_config
from oaasplatform.runtimes.docker.stacks.names import DEPTH, StackName
from oaasplatform.runtimes.docker.stacks.networks import StackNetworks
from oaasplatform.runtimes.docker.stacks.volumes import StackVolumes
from oaasplatform.runtimes.docker.units import container_state, health_of

Container = dict[str, Any]
"""As ``inspect`` describes it."""
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """One container of a stack that is being started."""

    container: Container
    quota: Quota
    fresh: bool
    """Whether it was started just now."""


class Stacks:
    """The stacks of one node."""

    def __init__(
        self,
        engine: Engine,
        inventory: Inventory,
        lifecycle: Lifecycle,
        images: Images,
        node_id: str,
        subnets: ipaddress.IPv4Network,
    ) -> None:
        """``subnets``: what the addresses of their networks are taken from."""
        self._engine = engine
        self._inventory = inventory
        self._lifecycle = lifecycle
        self._images = images
        self._node_id = node_id
        self._networks = StackNetworks(engine, subnets)
        self._volumes = StackVolumes(engine)
        self._locks: WeakValueDictionary[StackName, asyncio.Lock] = WeakValueDictionary()

    async def start(self, spec: UnitSpec, stack: Stack, host: Host, *, shared: str) -> list[Part]:
        """Make what is not there, and start each service that needs not wait any longer.

        ``shared`` is the network on which the node reaches all of them. See ``Runtime.start`` for errors.
        """
        name = StackName(self._node_id, spec.instance_id, spec.generation)
        fresh: set[str] = set()
        async with self._locked(name):
            try:
                quotas = divided(spec.quota, stack.shares)
                containers = await self._containers(name)
                if not any(map(_begun, containers.values())):
                    containers = await self._made(name, spec, stack, quotas, host, containers, shared)
                while startable := _startable(stack, containers):
                    started = await _all(self._start(service, containers[service]) for service in startable)
                    containers |= zip(startable, started, strict=True)
                    fresh.update(startable)
            except InvalidQuota as error:
                raise UnitFailed(error.detail) from error
            except (UnitFailed, ImageUnavailable):
                await self._remove(name)
                raise
        return [Part(container, quotas[service], service in fresh) for service, container in containers.items()]

    async def stop(self, name: StackName, *, grace: float) -> None:
        """Stop all of it, each service before those that it needs."""
        running = [
            container
            for container in (await self._containers(name)).values()
            if container_state(container) is UnitState.RUNNING
        ]
        for _, level in groupby(sorted(running, key=_depth, reverse=True), key=_depth):
            await _all(self._lifecycle.stop(container["Id"], grace=grace) for container in level)

    async def ids(self, name: StackName) -> dict[str, str]:
        """Ids of those of its containers that have been started, by service."""
        containers = await self._containers(name)
        return {service: str(container["Id"]) for service, container in containers.items() if _begun(container)}

    async def remove(self, name: StackName) -> list[str]:
        """Remove all of it. Returns the ids of its containers."""
        async with self._locked(name):
            return await self._remove(name)

    async def names(self) -> list[StackName]:
        """All stacks of which something is there."""
        return await self._networks.stacks(self._node_id)

    async def sweep(self) -> None:
        """Remove volumes that are left without any stack; there is none left of the node."""
        await self._volumes.remove(of_node(self._node_id))

    def _locked(self, name: StackName) -> asyncio.Lock:
        """One call at a time makes or removes parts of a stack: the engine can't keep two networks of a name apart."""
        return self._locks.setdefault(name, asyncio.Lock())

    async def _containers(self, name: StackName) -> dict[str, Container]:
        """By service."""
        labelled = {c["Config"]["Labels"].get(SERVICE): c for c in await self._inventory.containers(name.query)}
        return {service: container for service, container in labelled.items() if service is not None}

    async def _made(
        self,
        name: StackName,
        spec: UnitSpec,
        stack: Stack,
        quotas: Mapping[str, Quota],
        host: Host,
        containers: Mapping[str, Container],
        shared: str,
    ) -> dict[str, Container]:
        """All containers, created and connected; nothing of the stack may have been started yet."""
        await self._networks.ensure(name)
        await self._volumes.ensure(name, stack)
        made: dict[str, Container] = {}
        # One after the other: a fresh volume gets what the first container has at its path.
        for service in depths(stack):
            found = containers.get(service) or await self._create(name, spec, stack, service, quotas[service], host)
            made[service] = await self._connected(found, shared)
        return made

    async def _create(
        self, name: StackName, spec: UnitSpec, stack: Stack, service: str, quota: Quota, host: Host
    ) -> Container:
        digest = stack.services[service].digest
        image = await self._images.resolve(digest, spec.stack_credentials.get(service))
        config = service_config(spec, stack, service, quota, image, host, name=name)
        try:
            return await self._lifecycle.create(name.part(service), config)
        except UnitFailed as error:
            raise UnitFailed(f"Service {service}: {error.detail}") from error

    async def _connected(self, container: Container, shared: str) -> Container:
        """A created container that is on the network with the node, too."""
        if shared in container["NetworkSettings"]["Networks"]:
            return container
        async with self._engine.ask() as docker:
            try:
                await (await docker.networks.get(shared)).connect({"Container": container["Id"]})
            except DockerError as error:
                if error.status == NO_CONNECTION:
                    raise
                raise UnitFailed(f"The engine could not connect a container to {shared}: {error.message}") from error
        connected = await self._lifecycle.inspect(container["Id"])
        if connected is None:
            raise UnitFailed("A container was removed while it was being made.")
        return connected

    async def _start(self, service: str, container: Container) -> Container:
        try:
            return await self._lifecycle.start(container["Id"])
        except UnitFailed as error:
            raise UnitFailed(f"Service {service}: {error.detail}") from error

    async def _remove(self, name: StackName) -> list[str]:
        ids = [str(container["Id"]) for container in (await self._containers(name)).values()]
        await _all(map(self._lifecycle.remove, ids))
        await self._volumes.remove(name.query)
        await self._networks.remove(name)
        return ids


def _begun(container: Container) -> bool:
    return container_state(container) is not UnitState.CREATED


def _depth(container: Container) -> int:
    return int(container["Config"]["Labels"][DEPTH])


def _startable(stack: Stack, containers: Mapping[str, Container]) -> list[str]:
    """Services that have not been started and need not wait; none once one has ended. Raises ``UnitFailed``."""
    if any(container_state(container) is UnitState.EXITED for container in containers.values()):
        return []
    return [
        name
        for name, container in containers.items()
        if not _begun(container) and _needs_met(name, stack.services[name], containers)
    ]


def _needs_met(name: str, service: Service, containers: Mapping[str, Container]) -> bool:
    for other, condition in service.depends_on.items():
        needed = containers.get(other)
        if needed is None or container_state(needed) is not UnitState.RUNNING:
            return False
        if condition is Condition.HEALTHY:
            health = health_of(needed)
            if health is None:
                raise UnitFailed(f"Service {name} waits until {other} is healthy, but {other} has no healthcheck.")
            if health != "healthy":
                return False
    return True


async def _all(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Side by side, all of them to their ends; then the first failure is raised."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
