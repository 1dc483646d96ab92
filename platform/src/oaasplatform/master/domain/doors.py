"""How the master gets at a node."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Door:
    """The API of a node."""

    node_id: int
    node_name: str
    base_url: str
    key: str = field(repr=False)
    """By which the master calls it."""
