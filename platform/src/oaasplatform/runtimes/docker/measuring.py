"""Use of resources by a container."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import WrongState
from oaasplatform.runtimes.base import UnitStats
from oaasplatform.runtimes.docker.engine import CONFLICT, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.host import Host
from oaasplatform.runtimes.meter import CpuMeter

_ONE_SAMPLE = {"stream": "0", "one-shot": "1"}
"""Without ``one-shot`` the engine waits a second or two for a second sample."""
_NOTHING = "The container does not run, so there is nothing to measure."


class Meter:
    """Measures the containers of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cpu = CpuMeter()

    async def measure(self, unit_id: str, host: Host) -> UnitStats:
        """See ``Runtime.stats``."""
        newest: Mapping[str, Any] = {}

        async def cpu_seconds() -> float:
            nonlocal newest
            newest = await self._sample(unit_id)
            return float(newest["cpu_stats"]["cpu_usage"]["total_usage"]) / 10**9

        cores = await self._cpu.cores(unit_id, cpu_seconds)
        return _stats(newest, cores, host)

    async def measure_all(self, container_ids: Sequence[str], host: Host) -> UnitStats:
        """The same for several containers that are one unit. What they send to each other counts, too."""
        if not container_ids:
            raise WrongState(_NOTHING)
        parts = await asyncio.gather(*(self.measure(id_, host) for id_ in container_ids))
        limits = [part.memory_limit for part in parts if part.memory_limit is not None]
        return UnitStats(
            cpu=sum(part.cpu for part in parts),
            memory=sum(part.memory for part in parts),
            memory_limit=sum(limits) if len(limits) == len(parts) else None,
            pids=sum(part.pids for part in parts),
            network_received=sum(part.network_received for part in parts),
            network_sent=sum(part.network_sent for part in parts),
        )

    def forget(self, unit_id: str) -> None:
        """Drop what is known about a container."""
        self._cpu.forget(unit_id)

    async def _sample(self, unit_id: str) -> Mapping[str, Any]:
        async with self._engine.ask() as docker:
            try:
                sample: Mapping[str, Any] = await docker._query_json(f"containers/{unit_id}/stats", params=_ONE_SAMPLE)
            except DockerError as error:
                if error.status not in (NOT_FOUND, CONFLICT):
                    raise
                sample = {}
        if not (sample.get("pids_stats") or {}).get("current"):
            raise WrongState(_NOTHING)
        return sample


def _stats(sample: Mapping[str, Any], cores: float, host: Host) -> UnitStats:
    memory = sample.get("memory_stats") or {}
    detail = memory.get("stats") or {}
    limit = memory.get("limit")
    networks = (sample.get("networks") or {}).values()
    return UnitStats(
        cpu=cores,
        # As the docker command shows it: file pages that the kernel can drop at any time don't count.
        memory=max(0, memory.get("usage", 0) - detail.get("total_inactive_file", detail.get("inactive_file", 0))),
        # Without a limit the engine names all the memory of the machine.
        memory_limit=limit if limit and limit < host.memory else None,
        pids=sample["pids_stats"]["current"],
        network_received=sum(network["rx_bytes"] for network in networks),
        network_sent=sum(network["tx_bytes"] for network in networks),
    )
