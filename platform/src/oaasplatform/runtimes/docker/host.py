"""What this engine on this host can enforce."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oaasplatform.domain.quotas import WIRE_NAMES, Enforcement, Quota

SHM_BYTES = 64 * 2**20
"""Size of /dev/shm, which exists beside /tmp."""
_CONFINED = Enforcement(
    True,
    "size of the writable /tmp; it is held in memory, so it also counts towards ram. Everything else is "
    f"read-only, except /dev/shm with {SHM_BYTES // 2**20} MiB, in memory too",
)
_WRITABLE = Enforcement(
    False, "the instance may write its root file system or volumes, whose size the engine can't limit"
)
_NO_ENGINE = Enforcement(False, "the engine has not answered yet")


@dataclass(frozen=True, kw_only=True)
class Host:
    """Abilities of the engine, as it tells them, and of the node itself."""

    cpus: int
    memory: int
    """Bytes."""
    cpu_limit: bool
    memory_limit: bool
    swap_limit: bool
    pids_limit: bool
    nvidia: bool
    no_shaping: str | None
    """Why network traffic can't be shaped; None if it can."""


def host_of(engine: Mapping[str, Any], no_shaping: str | None) -> Host:
    """Read the engine's answer to ``info``."""
    return Host(
        cpus=int(engine["NCPU"]),
        memory=int(engine["MemTotal"]),
        cpu_limit=bool(engine.get("CpuCfsQuota")),
        memory_limit=bool(engine.get("MemoryLimit")),
        swap_limit=bool(engine.get("SwapLimit")),
        # Engines before 19.03 don't tell, and have the limit.
        pids_limit=bool(engine.get("PidsLimit", True)),
        nvidia="nvidia" in (engine.get("Runtimes") or {}),
        no_shaping=no_shaping,
    )


def shaping_hindrance(*, network_mode_host: bool, engine_is_local: bool) -> str | None:
    """Why this process can't shape the traffic of containers; None if it can."""
    if not network_mode_host:
        return "the node runs in a container of its own, out of reach of the other containers' network devices"
    if not engine_is_local:
        return "the engine is on another machine"
    if os.geteuid() != 0:
        return "the node does not run as root"
    missing = [tool for tool in ("tc", "ip", "nsenter") if shutil.which(tool) is None]
    return f"{' and '.join(missing)} not found (packages iproute2, util-linux)" if missing else None


def enforcement(quota: Quota, host: Host | None, *, writable: bool = False) -> dict[str, Enforcement]:
    """For each part of the quota that is set, by JSON name: whether it holds, and by what means or why not.

    ``writable``: for containers with a writable root file system.
    """
    wanted = {wire: value for field, wire in WIRE_NAMES.items() if (value := getattr(quota, field)) is not None}
    if host is None:
        return dict.fromkeys(wanted, _NO_ENGINE)
    answers = {
        "cpu": _limit(host.cpu_limit, "CPU time limit of the container (CFS quota)"),
        "ram": _limit(host.memory_limit, _ram_detail(host)),
        "pids": _limit(host.pids_limit, "limit of processes and threads of the container"),
        "diskSpace": _WRITABLE if writable else _CONFINED,
        "networkBandwidth": (
            Enforcement(True, "traffic shaping of the container's network device (tbf), in each direction")
            if host.no_shaping is None
            else Enforcement(False, host.no_shaping)
        ),
        "gpus": _gpus(quota, host),
    }
    return {name: answers[name] for name in wanted}


def _limit(supported: bool, detail: str) -> Enforcement:
    if supported:
        return Enforcement(True, detail)
    return Enforcement(False, "the engine can't set this limit (its cgroup controller is not available)")


def _ram_detail(host: Host) -> str:
    limit = "memory limit of the container"
    return f"{limit}, swap included" if host.swap_limit else f"{limit}; swap comes on top, the kernel can't limit it"


def _gpus(quota: Quota, host: Host) -> Enforcement:
    if not quota.gpus:
        return Enforcement(True, "no GPU is handed to the container")
    if host.nvidia:
        return Enforcement(True, "GPUs handed to the container by the NVIDIA runtime")
    return Enforcement(False, "the engine has no NVIDIA runtime, so the container gets no GPU")
