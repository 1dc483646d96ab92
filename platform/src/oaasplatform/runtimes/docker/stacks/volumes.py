"""Volumes of stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiodocker.exceptions import DockerError

from oaasplatform.domain.deployments import Stack
from oaasplatform.runtimes.docker.engine import NOT_FOUND, Engine
from oaasplatform.runtimes.docker.stacks.names import StackName


class StackVolumes:
    """Volumes with the labels of their stack, by which they are found again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ensure(self, name: StackName, stack: Stack) -> None:
        """Make those that are not there."""
        wanted = {mount.volume for service in stack.services.values() for mount in service.volumes}
        async with self._engine.ask() as docker:
            for volume in sorted(wanted):
                config = {"Name": name.part(volume), "Labels": name.labels}
                await docker.volumes.create(config)  # type: ignore[no-untyped-call]

    async def remove(self, query: Mapping[str, str]) -> None:
        """Remove all that a query parameter selects; no container may have them any more."""
        async with self._engine.ask() as docker:
            listed: dict[str, Any] = await docker._query_json("volumes", params=dict(query))
            for volume in listed["Volumes"] or ():
                try:
                    async with docker._query(f"volumes/{volume['Name']}", method="DELETE"):
                        continue
                except DockerError as error:
                    if error.status != NOT_FOUND:
                        raise
