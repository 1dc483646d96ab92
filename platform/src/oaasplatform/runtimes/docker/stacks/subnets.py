"""Addresses for networks of stacks.

The engine's own pools end after some thirty networks. Those of stacks hold a few containers each, so they are given
small subnets out of one range.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from pathlib import Path

from oaasplatform.domain.networks import STACK_PREFIX

_ROUTES = Path("/proc/net/route")


def free_subnets(within: IPv4Network, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Subnets that overlap nothing that is taken.

    They begin anywhere, so that several who look at the same time seldom meet.
    """
    known = list(taken)
    count = 2 ** (STACK_PREFIX - within.prefixlen)
    first = secrets.randbelow(count)
    for number in range(count):
        offset = (first + number) % count << (within.max_prefixlen - STACK_PREFIX)
        subnet = IPv4Network((int(within.network_address) + offset, STACK_PREFIX))
        if not any(subnet.overlaps(each) for each in known):
            yield subnet


def host_routes(table: Path = _ROUTES) -> list[IPv4Network]:
    """Where this machine sends packets to by another route than the default one; nothing where that can't be read."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:  # not Linux
        return []
    routes = []
    for line in lines:
        _, destination, _, _, _, _, _, mask, *_ = line.split()
        if int(mask, 16):
            routes.append(IPv4Network((_address(destination), _address(mask))))
    return routes


def _address(text: str) -> str:
    """The kernel writes addresses as numbers of the machine's own byte order."""
    return ".".join(str(byte) for byte in int(text, 16).to_bytes(4, sys.byteorder))
