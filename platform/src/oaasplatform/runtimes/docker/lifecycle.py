"""Single containers: created, started, stopped, removed. Everything may be repeated and done by several at once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import ImageUnavailable, UnitFailed
from oaasplatform.kit.backoff import delays
from oaasplatform.runtimes.docker.engine import CALL_SECONDS, CONFLICT, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.labels import belongs_to

_START_SECONDS = 60.0
"""Creating and starting a container on a busy machine."""


class Lifecycle:
    """What happens to a container of a node, in the engine's full descriptions (``inspect``)."""

    def __init__(self, engine: Engine, node_id: str) -> None:
        self._engine = engine
        self._node_id = node_id

    async def inspect(self, name: str) -> dict[str, Any] | None:
        """What the engine knows about a container, by name or id; None if there is none."""
        async with self._engine.ask() as docker:
            try:
                return (await docker.containers.get(name))._container
            except DockerError as error:
                if error.status != NOT_FOUND:
                    raise
                return None

    async def create(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Create a container; if somebody else did in the meantime, take that one.

        Raises:
            UnitFailed, ImageUnavailable
        """
        async with self._engine.ask(_START_SECONDS) as docker:
            for rest in delays(first=0.02, most=0.5):
                try:
                    await docker.containers.create(dict(config), name=name)
                except DockerError as error:
                    if error.status == NOT_FOUND:
                        raise ImageUnavailable(f"The engine can't find the image: {error.message}") from error
                    if error.status != CONFLICT:
                        raise UnitFailed(f"The engine refused to create the container: {error.message}") from error
                container = await self.inspect(name)
                if container is not None:
                    return self.checked(container)
                # The name is taken from the beginning of a creation to the end of a removal; both show later.
                await asyncio.sleep(rest)
        raise AssertionError("unreachable")

    def checked(self, container: dict[str, Any]) -> dict[str, Any]:
        """The same container. Raises ``UnitFailed`` if it is not one of this node."""
        if not belongs_to(self._node_id, container["Config"]["Labels"]):
            raise UnitFailed(f"Another container has the name {container['Name'].removeprefix('/')}.")
        return container

    async def start(self, container_id: str) -> dict[str, Any]:
        """Start a created container; one that can't be started is removed. Raises ``UnitFailed``."""
        refusal = None
        async with self._engine.ask(_START_SECONDS) as docker:
            try:
                await docker.containers.container(container_id).start()
            except DockerError as error:
                if error.status == NOT_FOUND and await self.inspect(container_id) is None:
                    raise UnitFailed("The container was removed while it was being started.") from error
                refusal = error
        if refusal is not None:
            await self.remove(container_id)
            raise UnitFailed(f"The engine could not start the container: {refusal.message}") from refusal
        container = await self.inspect(container_id)
        if container is None:
            raise UnitFailed("The container was removed while it was being started.")
        return container

    async def stop(self, container_id: str, *, grace: float) -> None:
        """SIGTERM, then SIGKILL, by the engine. One that does not run, or is not there, is fine."""
        async with self._engine.ask(grace + CALL_SECONDS) as docker:
            try:
                await docker.containers.container(container_id).stop(t=math.ceil(grace))
            except DockerError as error:
                if error.status != NOT_FOUND:
                    raise

    async def remove(self, container_id: str) -> None:
        """Kill and remove a container with its anonymous volumes; one that is not there is fine."""
        async with self._engine.ask(_START_SECONDS) as docker:
            container = docker.containers.container(container_id)
            try:
                await container.delete(force=True, v=True)
            except DockerError as error:
                if error.status == CONFLICT:
                    await _removed_by_others(container)
                elif error.status != NOT_FOUND:
                    raise


async def _removed_by_others(container: Any) -> None:
    """Wait for the end of a removal that is under way."""
    try:
        await container.wait(condition="removed")
    except DockerError as error:
        if error.status != NOT_FOUND:
            raise
