"""The network of each stack: its containers see each other there by name, and nothing else is on it.

It has no way out. That leads, as for all units, over the network that the node shares with them.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import UnitFailed
from oaasplatform.runtimes.docker.engine import NO_CONNECTION, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.labels import INSTANCE, NODE
from oaasplatform.runtimes.docker.stacks.names import StackName, name_of
from oaasplatform.runtimes.docker.stacks.subnets import free_subnets, host_routes

_FORBIDDEN = 403


class StackNetworks:
    """Networks of stacks, with subnets of one range.

    A network is the first part of a stack that is made, and the last that is removed: whatever is left of a stack by a
    node that was killed, its network is there.
    """

    def __init__(self, engine: Engine, within: ipaddress.IPv4Network) -> None:
        self._engine = engine
        self._within = within

    async def ensure(self, name: StackName) -> None:
        """Make the network of a stack if it is not there.

        Raises:
            UnitFailed: no addresses are left.
        """
        if not await self._labelled(name.query):
            await self._create(name)

    async def remove(self, name: StackName) -> None:
        """Remove it; nothing may be connected to it any more."""
        for network in await self._labelled(name.query):
            async with self._engine.ask() as docker:
                try:
                    await (await docker.networks.get(network["Id"])).delete()
                except DockerError as error:
                    if error.status != NOT_FOUND:
                        raise

    async def stacks(self, node_id: str) -> list[StackName]:
        """All stacks of a node of which something is there."""
        query = {"filters": json.dumps({"label": [f"{NODE}={node_id}", INSTANCE]})}
        return [name_of(network["Labels"]) for network in await self._labelled(query)]

    async def _labelled(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        async with self._engine.ask() as docker:
            listed: list[dict[str, Any]] = await docker._query_json("networks", params=dict(query))
        return listed

    async def _create(self, name: StackName) -> None:
        taken = [*host_routes(), *_subnets(await self._labelled({}))]
        for subnet in free_subnets(self._within, taken):
            config = {
                "Name": name.network,
                "CheckDuplicate": True,
                "Driver": "bridge",
                "Internal": True,
                "Labels": name.labels,
                "IPAM": {"Config": [{"Subnet": str(subnet)}]},
            }
            async with self._engine.ask() as docker:
                try:
                    await docker.networks.create(config)
                except DockerError as error:
                    if error.status == NO_CONNECTION:
                        raise
                    # Somebody else may have taken these addresses since we looked.
                    if error.status != _FORBIDDEN or "overlap" not in error.message.lower():
                        raise UnitFailed(f"The engine refused to make a network: {error.message}") from error
                else:
                    return
        raise UnitFailed(
            f"No addresses for another stack are left in {self._within}: set OAAS_STACK_NETWORKS to a larger range, or "
            "to one that nothing else uses."
        )


def _subnets(networks: list[dict[str, Any]]) -> list[ipaddress.IPv4Network]:
    found = []
    for network in networks:
        for config in (network.get("IPAM") or {}).get("Config") or ():
            subnet = ipaddress.ip_network(config["Subnet"], strict=False) if config.get("Subnet") else None
            if isinstance(subnet, ipaddress.IPv4Network):
                found.append(subnet)
    return found
