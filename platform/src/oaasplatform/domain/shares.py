"""One quota for several containers: each gets its share, and together they get no more than the quota."""

from __future__ import annotations

import math
from collections.abc import Mapping

from oaasplatform.domain.errors import InvalidQuota, Violation
from oaasplatform.domain.quotas import MINIMUM_RAM, WIRE_NAMES, Quota

_LEAST = {"cpu": 0.01, "ram": MINIMUM_RAM, "disk_space": 10**6, "network_bandwidth": 10**4, "pids": 8}
"""What a container can't do without, or no engine sets a smaller limit for. In the units of ``Quota``."""


def divided(quota: Quota, shares: Mapping[str, float]) -> dict[str, Quota]:
    """The quota of each container by the weights of all.

    One that would get less than it can't do without gets that, and the others less. GPUs can't be divided: the
    container with the largest share gets them all.

    Raises:
        InvalidQuota: it isn't enough for all of them.
    """
    parts: dict[str, dict[str, float]] = {name: {} for name in shares}
    for field, least in _LEAST.items():
        total = getattr(quota, field)
        if total is not None:
            for name, amount in _divided(field, total, least, shares).items():
                parts[name][field] = amount if field == "cpu" else math.floor(amount)
    if quota.gpus is not None:
        largest = max(shares, key=lambda name: shares[name])
        for name in shares:
            parts[name]["gpus"] = quota.gpus if name == largest else 0
    return {name: Quota(**part) for name, part in parts.items()}  # type: ignore[arg-type]


def _divided(field: str, total: float, least: float, shares: Mapping[str, float]) -> dict[str, float]:
    if total < least * len(shares):
        detail = f"{total:.12g} are not enough for {len(shares)} containers: each needs {least:.12g} at least."
        raise InvalidQuota(f"{WIRE_NAMES[field]}: {detail}", (Violation(f"/{WIRE_NAMES[field]}", detail),))
    parts: dict[str, float] = {}
    while True:
        weight = sum(share for name, share in shares.items() if name not in parts)
        rest = total - sum(parts.values())
        small = [name for name in shares if name not in parts and rest * shares[name] / weight < least]
        if not small:
            return {name: parts.get(name, rest * share / weight) for name, share in shares.items()}
        parts |= dict.fromkeys(small, least)
