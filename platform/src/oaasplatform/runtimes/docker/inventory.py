"""The containers of a node, found by their labels."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from oaasplatform.runtimes.docker.engine import Engine
from oaasplatform.runtimes.docker.labels import of_node
from oaasplatform.runtimes.docker.lifecycle import Lifecycle
from oaasplatform.runtimes.docker.units import addresses_of, health_of

_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)")
"""In the engine's words about a container: ``Up 3 seconds (health: starting)``."""
_Key = tuple[str, str, tuple[str, ...], str | None]


class Inventory:
    """Looks containers up, and keeps what it saw while neither state, addresses nor health change."""

    def __init__(self, engine: Engine, lifecycle: Lifecycle, node_id: str) -> None:
        self._engine = engine
        self._lifecycle = lifecycle
        self._node_id = node_id
        self._seen: dict[_Key, dict[str, Any]] = {}

    async def all(self) -> list[dict[str, Any]]:
        """All containers of the node, as ``inspect`` describes them."""
        listed = await self._listed(of_node(self._node_id))
        keys = [_key(each) for each in listed]
        known = {key: self._seen[key] for key in keys if key in self._seen}
        missing = [each["Id"] for key, each in zip(keys, listed, strict=True) if key not in known]
        for container in await asyncio.gather(*map(self._lifecycle.inspect, missing)):
            if container is not None:  # else it was removed meanwhile
                known[_inspected_key(container)] = container
        self._seen = known
        return list(known.values())

    async def containers(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Those that a query parameter selects, as they are right now."""
        listed = await self._listed(query)
        inspected = await asyncio.gather(*(self._lifecycle.inspect(each["Id"]) for each in listed))
        return [container for container in inspected if container is not None]

    async def _listed(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        async with self._engine.ask() as docker:
            listed: list[dict[str, Any]] = await docker._query_json("containers/json", params={"all": "1", **query})
        return listed


def _key(listed: Mapping[str, Any]) -> _Key:
    health = _HEALTH.search(listed["Status"]) if listed["State"] == "running" else None
    return listed["Id"], listed["State"], _addresses(listed), health[1] if health else None


def _inspected_key(container: Mapping[str, Any]) -> _Key:
    state = container["State"]["Status"]
    health = health_of(container) if state == "running" else None
    return container["Id"], state, _addresses(container), health


def _addresses(container: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(addresses_of(container).values()))
