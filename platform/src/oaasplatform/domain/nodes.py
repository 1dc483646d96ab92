"""The node itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Node:
    """One OaaS platform."""

    id: int
    uid: str
    """Marks everything the node makes in an engine."""
    uuid: UUID
    """Names the node wherever several are known, for ever."""
    name: str
    description: str
    owner: str
    address: str | None
    port: int | None
    callback_port: int | None
    created_at: datetime
    modified_at: datetime
