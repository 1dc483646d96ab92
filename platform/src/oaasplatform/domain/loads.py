"""How busy the node is."""

from __future__ import annotations

from dataclasses import dataclass

from oaasplatform.domain.quotas import Quota


@dataclass(frozen=True, kw_only=True)
class RepositoryUse:
    """Instances of a ready repository, and what waits for them."""

    name: str
    instances: int
    slots: int
    free: int
    queued: int
    quota: Quota | None
    """Of its newest instance; None if it has none."""
