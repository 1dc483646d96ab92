"""The node itself: who it is, what it has, how it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from importlib.metadata import version
from typing import Any, Literal

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import DatabaseUnavailable, EngineUnavailable, OaasError
from oaasplatform.domain.instances import InstanceStatus
from oaasplatform.domain.nodes import Node
from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import EngineInfo, Runtime, UnitStats
from oaasplatform.schemas.nodes import Amounts, Check, HealthView, NodeUpdate, NodeView, Resources, RuntimeView

_ENGINE_SECONDS = 5.0


class NodeService:
    """Information about the node and its health."""

    def __init__(self, database: Database, runtime: Runtime, *, name: str, address: tuple[str, int]) -> None:
        """``address``: where the API listens, which is what people are told unless the operator says otherwise."""
        self._database = database
        self._runtime = runtime
        self._name = name
        self._host, self._port = address

    async def info(self) -> NodeView:
        """The node with its resources. Raises ``DatabaseUnavailable``."""
        return await self._view(await self._database.nodes.get_or_create(self._name))

    async def update(self, request: NodeUpdate) -> NodeView:
        """Change what people are told about the node."""
        return await self._view(await self._database.nodes.update(request.model_dump(exclude_unset=True)))

    async def health(self) -> HealthView:
        """Whether database and engine answer. Without the engine the node is degraded, without database it fails."""
        database, engine = await asyncio.gather(_check(self._database.ping()), _check(self._runtime.info()))
        status: Literal["ok", "degraded", "failing"] = (
            "failing" if database.status != "ok" else "degraded" if engine.status != "ok" else "ok"
        )
        return HealthView(
            status=status,
            checks={"database": database, "engine": engine},
            leader=self._database.leadership.term is not None,
            process=os.getpid(),
        )

    async def _view(self, node: Node) -> NodeView:
        runtime, resources = await self._resources()
        return NodeView(
            id=node.id,
            name=node.name,
            description=node.description,
            owner=node.owner,
            address=node.address or self._host,
            port=node.port or self._port,
            version=version("oaas-platform"),
            runtime=runtime,
            computation_resources=resources,
            created_at=node.created_at,
            modified_at=node.modified_at,
        )

    async def _resources(self) -> tuple[RuntimeView, Resources | None]:
        try:
            async with asyncio.timeout(_ENGINE_SECONDS):
                engine = await self._runtime.info()
        except (EngineUnavailable, TimeoutError) as error:
            reason = str(error) or "The engine does not answer in time."
            unavailable = RuntimeView(
                name=self._runtime.name, version=None, available=False, isolates=None, reason=reason
            )
            return unavailable, None
        runtime = RuntimeView(
            name=engine.name, version=engine.version, available=True, isolates=engine.isolates, reason=None
        )
        return runtime, _add_up(engine, await self._database.instances.promised(), await self._measure())

    async def _measure(self) -> list[UnitStats]:
        """Stats of all ready instances; one that ends meanwhile does not count."""
        instances = await self._database.instances.all()
        units = [i.unit_id for i in instances if i.status is InstanceStatus.READY and i.unit_id is not None]
        measured = await asyncio.gather(*(self._runtime.stats(unit) for unit in units), return_exceptions=True)
        failed = [m for m in measured if isinstance(m, BaseException) and not isinstance(m, OaasError)]
        if failed:
            raise failed[0]
        return [m for m in measured if isinstance(m, UnitStats)]


async def _check(question: Coroutine[Any, Any, object]) -> Check:
    try:
        async with asyncio.timeout(_ENGINE_SECONDS):
            await question
    except (DatabaseUnavailable, EngineUnavailable) as error:
        return Check(status="failing", detail=error.detail)
    except TimeoutError:
        return Check(status="failing", detail="No answer in time.")
    return Check(status="ok")


def _add_up(engine: EngineInfo, promised: list[Quota], measured: list[UnitStats]) -> Resources:
    return Resources(
        total=Amounts(cpu=engine.cpu, ram=engine.ram, disk_space=engine.disk),
        promised=Amounts(
            cpu=sum(quota.cpu or 0 for quota in promised),
            ram=sum(quota.ram or 0 for quota in promised),
            disk_space=sum(quota.disk_space or 0 for quota in promised),
        ),
        in_use=Amounts(
            cpu=round(sum(stats.cpu for stats in measured), 3),
            ram=sum(stats.memory for stats in measured),
            disk_space=0,
        ),
    )
