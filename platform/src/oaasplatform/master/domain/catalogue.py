"""Algorithms of all nodes, merged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oaasplatform.master.domain.nodes import NodeStatus


@dataclass(frozen=True, kw_only=True)
class AlgorithmFilter:
    """Which algorithms are wanted; None is no condition."""

    name: str | None = None
    version: str | None = None
    repository_name: str | None = None
    search: str | None = None
    """Text in name or description."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A node that has an algorithm."""

    node_id: int
    node_name: str
    status: NodeStatus
    algorithm_id: int
    """What the node calls the algorithm."""
    repository_id: int
    instances: int
    """Ready ones of the repository, as of the node's last heartbeat."""
    slots: int
    free: int


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """The same for all nodes: known by repository name, name and version."""

    id: int
    """Stays, whichever nodes come and go."""
    repository_name: str
    name: str
    version: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    error_schema: dict[str, Any]
    examples: list[Any]
    offers: list[Offer]
    created_at: datetime
    modified_at: datetime
