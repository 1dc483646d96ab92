"""The master itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Master:
    """One door to many nodes."""

    uid: str
    """Names the master wherever several are known, for ever."""
    name: str
    description: str
    owner: str
    created_at: datetime
    modified_at: datetime
