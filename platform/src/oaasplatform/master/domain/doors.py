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

    def __str__(self) -> str:
        return named(self.node_id, self.node_name)


def named(id_: int, name: str) -> str:
    """A node, for people."""
    return f"Node {name!r} (id {id_})"
