"""The node itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Node:
    """One OaaS platform."""

    id: int
    uid: str
    """Marks everything the node makes in an engine."""
    name: str
    description: str
    owner: str
    address: str | None
    port: int | None
    callback_port: int | None
    created_at: datetime
    modified_at: datetime
