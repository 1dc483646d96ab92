"""Quotas of instances, for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oaasplatform.cli import format
from oaasplatform.cli.client import Document

QUOTA_HEADERS = ["limit", "amount", "status", "by"]
_AMOUNTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "cpu": ("processor", format.cores),
    "ram": ("memory", format.size),
    "diskSpace": ("disk", format.size),
    "networkBandwidth": ("network", format.bandwidth),
    "pids": ("processes", str),
    "gpus": ("GPUs", str),
}


def quota_text(quota: Document) -> str:
    """A quota in one line: ``1 core, 512 MB``."""
    texts = {part: _AMOUNTS[part][1](amount) for part, amount in quota.items()}
    for part in ("pids", "gpus"):
        if part in texts:
            texts[part] += f" {_AMOUNTS[part][0]}"
    return ", ".join(texts.values()) or "no limits"


def quota_rows(instance: Document) -> list[list[str]]:
    """Each part of the quota: what it limits, the amount, whether it holds, and how or why not (``QUOTA_HEADERS``)."""
    rows = []
    for part, amount in instance["quotaInformation"].items():
        name, write = _AMOUNTS[part]
        enforcement = instance["enforcedQuota"].get(part)
        status, detail = "not yet known", ""
        if enforcement is not None:
            status, detail = "enforced" if enforcement["enforced"] else "not enforced", enforcement["detail"]
        rows.append([name, write(amount), status, detail])
    return rows
