"""Nodes as the master sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class NodeStatus(StrEnum):
    """Whether a node takes executions."""

    READY = "ready"
    DRAINING = "draining"
    """It leaves: what it has is finished, nothing new goes there."""
    UNREACHABLE = "unreachable"
    """It was silent for too long."""


@dataclass(frozen=True, kw_only=True)
class NodeFilter:
    """Which nodes are wanted; None is no condition."""

    name: str | None = None
    status: NodeStatus | None = None


@dataclass(frozen=True, kw_only=True)
class MemberNode:
    """A node that has joined."""

    id: int
    uid: str
    """The node's own name of itself, for ever."""
    name: str
    description: str
    owner: str
    base_url: str
    """Where the master reaches it."""
    ip_address_or_dns: str
    ip_port: int
    labels: dict[str, str]
    status: NodeStatus
    last_seen_at: datetime
    clock_skew: float | None
    """Seconds by which its clock is ahead of the master's."""
    version: str
    resources: dict[str, Any] | None
    load: dict[str, Any]
    """As of its last heartbeat."""
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How the master reaches a node."""

    id: int
    name: str
    status: NodeStatus
    base_url: str
    uid: str
    sealed_key: bytes = field(repr=False)
    """The key by which the master calls the node."""
    last_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What is stored of a heartbeat."""

    status: NodeStatus
    clock_skew: float
    version: str
    resources: dict[str, Any] | None
    load: dict[str, Any]
