"""Quotas of instances: parsing with strict units, and what an engine makes of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from oaasplatform.domain.errors import InvalidQuota, Violation

_DECIMAL = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_BYTES = _DECIMAL | _BINARY
_BITS = {"bps": 1, "kbps": 10**3, "Kbps": 10**3, "Mbps": 10**6, "Gbps": 10**9}
_CORES = {"": 1, "core": 1, "cores": 1}
_VALUE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")

MINIMUM_RAM = 16 * 10**6
"""Bytes; below that no container starts."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What an instance may use; ``None`` is no limit."""

    cpu: float | None = None
    """Cores."""
    ram: int | None = None
    """Bytes."""
    disk_space: int | None = None
    """Bytes."""
    network_bandwidth: int | None = None
    """Bits per second, each direction."""
    pids: int | None = None
    gpus: int | None = None


WIRE_NAMES = {
    "cpu": "cpu",
    "ram": "ram",
    "disk_space": "diskSpace",
    "network_bandwidth": "networkBandwidth",
    "pids": "pids",
    "gpus": "gpus",
}
"""Field of :class:`Quota` → its name in JSON."""


@dataclass(frozen=True)
class Enforcement:
    """Whether one part of a quota holds on this host, and by what means, or why not."""

    enforced: bool
    detail: str


def parse_quota(document: Mapping[str, Any], defaults: Quota | None = None) -> Quota:
    """Read ``quotaInformation``.

    Amounts are numbers or strings with a unit: ``"1 core"``, ``0.5``; ``"512MB"`` is 512·10⁶ bytes, ``"512MiB"`` is
    512·2²⁰; ``"100Mbps"`` is 10⁸ bit/s. Plain numbers mean cores, bytes and bits per second. What is missing or null
    is taken from ``defaults``.

    Raises:
        InvalidQuota: with one violation for each bad field.
    """
    defaults = defaults or Quota()
    violations: list[Violation] = []
    values: dict[str, Any] = {}
    by_wire_name = {wire: field for field, wire in WIRE_NAMES.items()}
    for name, raw in document.items():
        field = by_wire_name.get(name)
        if field is None:
            known = ", ".join(by_wire_name)
            violations.append(Violation(f"/{name}", f"Unknown quota {name!r}; known are {known}."))
        elif raw is not None:
            try:
                values[field] = _PARSERS[field](raw)
            except ValueError as error:
                violations.append(Violation(f"/{name}", str(error)))
    if violations:
        raise InvalidQuota("; ".join(f"{v.pointer[1:]}: {v.detail}" for v in violations), tuple(violations))
    return Quota(**{f.name: values.get(f.name, getattr(defaults, f.name)) for f in fields(Quota)})


def quota_document(quota: Quota) -> dict[str, Any]:
    """The quota as JSON that :func:`parse_quota` reads back: plain numbers in cores, bytes and bit/s."""
    return {wire: value for field, wire in WIRE_NAMES.items() if (value := getattr(quota, field)) is not None}


def _amount(units: Mapping[str, int], example: str, minimum: float) -> Callable[[Any], float]:
    def parse(raw: Any) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ValueError(f"Give a number or a string like {example}.")
        if isinstance(raw, str):
            match = _VALUE.fullmatch(raw)
            if not match or (match[2] not in units and match[2] != ""):
                known = ", ".join(unit for unit in units if unit)
                raise ValueError(f"{raw!r} is not an amount like {example}; units are {known}.")
            value = float(match[1]) * units.get(match[2], 1)
        else:
            value = float(raw)
        if not math.isfinite(value) or value < minimum:
            raise ValueError(f"{raw!r} is too small or not a number; the least is {minimum:g}.")
        if value > 2**60:
            raise ValueError(f"{raw!r} is too large.")
        return value

    return parse


def _whole(units: Mapping[str, int], example: str, minimum: int) -> Callable[[Any], int]:
    parse_amount = _amount(units, example, minimum)

    def parse(raw: Any) -> int:
        value = parse_amount(raw)
        if value != int(value):
            raise ValueError(f"{raw!r} is not a whole number.")
        return int(value)

    return parse


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "cpu": _amount(_CORES, '"1 core" or 0.5', 0.01),
    "ram": _whole(_BYTES, '"512MB"', MINIMUM_RAM),
    "disk_space": _whole(_BYTES, '"10GB"', 10**6),
    "network_bandwidth": _whole(_BITS, '"100Mbps"', 10**4),
    "pids": _whole({}, "256", 8),
    "gpus": _whole({}, "1", 0),
}
