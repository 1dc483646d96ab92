"""Use of resources by a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import WrongState
from oaasplatform.runtimes.base import UnitStats
from oaasplatform.runtimes.docker.engine import CONFLICT, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.host import Host
from oaasplatform.runtimes.meter import CpuMeter

_ONE_SAMPLE = {"stream": "0", "one-shot": "1"}
"""Without ``one-shot`` the engine waits a second or two for a second sample."""


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
            raise WrongState("The container does not run, so there is nothing to measure.")
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
