"""The network that all units of a node share."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import psutil  # type: ignore[import-untyped]
from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import EngineUnavailable
from oaasplatform.runtimes.docker.engine import CONFLICT, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.labels import NODE, belongs_to, network_name


class OwnNetwork:
    """A bridge of the node's own: units reach the node at its gateway address, but not each other."""

    def __init__(self, engine: Engine, node_id: str) -> None:
        self._engine = engine
        self._node_id = node_id
        self.name = network_name(node_id)
        self._addresses: list[dict[str, str]] = []
        """As the network had them when it was seen last: the node listens at its gateway and goes on doing so."""

    async def ensure(self) -> str:
        """Make the network if it is not there. Returns the node's address on it."""
        found = await _inspect(self._engine, self.name) or await self._create()
        self._addresses = _configs(found)
        return _gateway(found)

    async def remove(self) -> None:
        """Remove the network; nothing may be connected to it any more."""
        found = await _inspect(self._engine, self.name)
        if found is None or not belongs_to(self._node_id, found.get("Labels")):
            return
        async with self._engine.ask() as docker:
            try:
                await (await docker.networks.get(self.name)).delete()
            except DockerError as error:
                if error.status != NOT_FOUND:
                    raise

    async def _create(self) -> Mapping[str, Any]:
        config = {
            "Name": self.name,
            "CheckDuplicate": True,
            "Driver": "bridge",
            "Labels": {NODE: self._node_id},
            # No traffic between units. They publish no ports either, through which they would reach each other still.
            "IPAM": {"Config": self._addresses},
            "Options": {"com.docker.network.bridge.enable_icc": "false"},
        }
        async with self._engine.ask() as docker:
            try:
                await docker.networks.create(config)
            except DockerError as error:
                if error.status != CONFLICT:  # somebody was faster
                    raise
        found = await _inspect(self._engine, self.name)
        if found is None:
            raise EngineUnavailable(f"The network {self.name} vanished while it was made.")
        return found


class GivenNetwork:
    """A network that exists already, and to which the node's own container is connected."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    async def ensure(self) -> str:
        """Returns the node's address on it.

        Raises:
            EngineUnavailable: the network is not there, or the node is not connected to it.
        """
        found = await _inspect(self._engine, self.name)
        if found is None:
            raise EngineUnavailable(f"The network {self.name} (OAAS_NETWORK) does not exist in the Docker engine.")
        self.name = str(found["Name"])  # the settings may have its id
        address = own_address([config["Subnet"] for config in _configs(found) if config.get("Subnet")])
        if address is None:
            raise EngineUnavailable(
                f"The node is not connected to the network {self.name} (OAAS_NETWORK), which its instances use."
            )
        return address

    async def remove(self) -> None:
        """Leave it: it was here before."""


def own_address(subnets: list[str]) -> str | None:
    """The address of this machine (or container) that is in one of the networks."""
    networks = [ipaddress.ip_network(subnet) for subnet in subnets]
    for addresses in psutil.net_if_addrs().values():
        for each in addresses:
            try:
                address = ipaddress.ip_address(each.address.partition("%")[0])
            except ValueError:  # a hardware address
                continue
            if any(address in network for network in networks):
                return str(address)
    return None


async def _inspect(engine: Engine, name: str) -> dict[str, Any] | None:
    async with engine.ask() as docker:
        try:
            return await (await docker.networks.get(name)).show()
        except DockerError as error:
            if error.status != NOT_FOUND:
                raise
            return None


def _gateway(network: Mapping[str, Any]) -> str:
    for config in _configs(network):
        if gateway := config.get("Gateway"):
            return str(gateway)
    raise EngineUnavailable(f"The Docker network {network['Name']} has no gateway address.")


def _configs(network: Mapping[str, Any]) -> list[dict[str, str]]:
    return (network.get("IPAM") or {}).get("Config") or []
