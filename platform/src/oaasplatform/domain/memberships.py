"""Whether the node belongs to a master."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MembershipState(StrEnum):
    """How far a membership is."""

    JOINING = "joining"
    """The master was asked, and has not answered yet."""
    JOINED = "joined"
    LEAVING = "leaving"
    """What the master has running here is finished, then the node goes."""


@dataclass(frozen=True, kw_only=True)
class Membership:
    """The node in the eyes of its one master."""

    state: MembershipState
    master_url: str
    master_uid: str | None
    """None while joining."""
    node_id: int | None
    """What the master calls the node; None while joining."""
    sealed_key: bytes | None = field(repr=False)
    """The key by which the node calls the master."""
    heard_at: datetime | None
    """When the master last answered a heartbeat."""
    trouble: str | None
    """What is wrong with the newest heartbeat."""
    created_at: datetime
    modified_at: datetime
