"""Limiting the bandwidth of a container, which Docker can't do: a token bucket at both ends of its network device."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from oaasplatform.domain.quotas import Enforcement, Quota
from oaasplatform.runtimes.docker.host import Host
from oaasplatform.runtimes.docker.units import address_of

_BURST_SECONDS = 0.01
_LEAST_BURST = 16 * 1024
"""Bytes: smaller buckets can't hold a large packet."""
_LATENCY = "400ms"
_SECONDS = 10.0

log = structlog.get_logger(__name__)


class ShapingFailed(Exception):
    """The traffic is not limited; ``str()`` is the reason."""


@dataclass(frozen=True)
class _Device:
    """The container's end of the virtual cable, and the host's."""

    inside: str
    outside: str


async def shape(pid: int, address: str, bits_per_second: int) -> None:
    """Limit what a container receives and what it sends; repeating it changes the limit.

    ``pid`` is its first process and ``address`` its address, by which the network device is found.

    Raises:
        ShapingFailed
    """
    device = await _device(pid, address)
    burst = max(_LEAST_BURST, int(bits_per_second / 8 * _BURST_SECONDS))
    bucket = ["tbf", "rate", f"{bits_per_second}bit", "burst", str(burst), "latency", _LATENCY]
    # What the host sends into the cable the container receives, and the other way round.
    await _run("tc", "qdisc", "replace", "dev", device.outside, "root", *bucket)
    await _run(*_inside(pid), "tc", "qdisc", "replace", "dev", device.inside, "root", *bucket)


async def shaped(
    enforced: dict[str, Enforcement],
    containers: Iterable[tuple[Mapping[str, Any], Quota]],
    host: Host,
    network: str,
) -> dict[str, Enforcement]:
    """What holds of a quota after the bandwidth of its running containers on a network was limited, too."""
    if host.no_shaping is not None:
        return enforced
    for container, quota in containers:
        address = address_of(container, network)
        if quota.network_bandwidth is None or address is None:
            continue
        try:
            await shape(container["State"]["Pid"], address, quota.network_bandwidth)
        except ShapingFailed as failure:
            # It may have ended already; then its failure to live is the news, not this.
            log.warning("bandwidth is not limited", container=container["Name"], reason=str(failure))
            enforced = {**enforced, "networkBandwidth": Enforcement(False, str(failure))}
    return enforced


async def _device(pid: int, address: str) -> _Device:
    for link in json.loads(await _run(*_inside(pid), "ip", "-json", "address", "show")):
        if any(info.get("local") == address for info in link.get("addr_info", ())) and "link_index" in link:
            try:
                return _Device(link["ifname"], socket.if_indextoname(link["link_index"]))
            except OSError as error:
                raise ShapingFailed(f"the container's network device has no end on this host ({error})") from error
    # The process is another one, if the node has process ids of its own.
    raise ShapingFailed("the container's network device can't be found from where the node runs")


def _inside(pid: int) -> tuple[str, ...]:
    """Run what follows in the network of the container, with the host's tools and the node's rights."""
    return ("nsenter", "--target", str(pid), "--net", "--")


async def _run(*command: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise ShapingFailed(f"{command[0]} can't be run ({error.strerror})") from error
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise ShapingFailed(f"{command[0]} did not end") from error
    if process.returncode != 0:
        raise ShapingFailed(f"{' '.join(command)}: {err.decode(errors='replace').strip() or 'failed'}")
    return out.decode()
