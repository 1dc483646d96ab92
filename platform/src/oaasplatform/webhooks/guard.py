"""Where messages may go to: URLs come from users, who must not reach what only this machine does (SSRF)."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_PUBLIC_V6 = IPv6Network("2000::/3")
"""All that is given out to the world so far."""
_NAT64 = IPv6Network("64:ff9b::/96")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")

Address = IPv4Address | IPv6Address


class TargetRefused(Exception):
    """Nothing is sent there; the message says why."""


class Guard:
    """Knows which addresses are refused: all that are not public, unless they, or the host's name, are allowed."""

    def __init__(self, allowed: Sequence[str]) -> None:
        """``allowed``: networks, addresses, names of hosts. Raises ``ValueError``: something else."""
        self._networks: list[IPv4Network | IPv6Network] = []
        self._hosts: set[str] = set()
        for entry in allowed:
            try:
                self._networks.append(ip_network(entry))
            except ValueError:
                name = _plain(entry)
                if not _NAME.fullmatch(name) or literal(name) is not None:
                    raise ValueError(f"{entry!r} is no network, address or name of a host") from None
                self._hosts.add(name)

    def check_host(self, host: str) -> None:
        """Whether a host that is written as an address may be reached; names are looked at when they are resolved.

        Raises:
            TargetRefused
        """
        address = literal(host)
        if address is not None:
            self.check(host, [str(address)])

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Whether a host with these addresses may be reached: one that may not is enough to refuse it.

        Raises:
            TargetRefused
        """
        if _plain(host) in self._hosts:
            return
        for text in addresses:
            address = _effective(ip_address(text.partition("%")[0]))
            if not _public(address) and not any(address in network for network in self._networks):
                raise TargetRefused(f"{host} is {address}, which is not public and not among OAAS_CALLBACK_ALLOW")


def literal(host: str) -> Address | None:
    """The address that a host stands for without being resolved, also in old forms (``0x7f.1``, ``2130706433``).

    None: it is a name.
    """
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _effective(address: Address) -> Address:
    """Whom packets reach in the end, where IPv6 wraps IPv4."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address):
        # Tunnels end at addresses that nobody has looked at.
        return address in _PUBLIC_V6 and address.sixtofour is None and address.teredo is None
    return True
