"""What node and master tell each other. Both sides import it; what a newer one adds, an older one ignores."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Version = Annotated[str, Meta(max_length=100)]
Revision = Annotated[str, Meta(max_length=64)]


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a message."""


class JoinRequest(Message, frozen=True):
    """``POST {master}/oaasNodes``: a node wants to join."""

    token: str
    uid: str
    """The node's name of itself, for ever."""
    key: str
    """By which the master calls the node."""
    address: str
    """``http://host:port`` at which the master reaches the node."""
    name: str
    description: str = ""
    owner: str = ""
    version: str = ""


class JoinAnswer(Message, frozen=True):
    """The master has agreed."""

    id: int
    """What the master calls the node."""
    master_uid: str
    key: str
    """By which the node calls the master."""


class RepositoryLoad(Message, frozen=True):
    """What of an algorithm repository runs on a node."""

    name: Name
    instances: Count
    """Ready ones."""
    slots: Count
    free: Count
    queued: Count
    start_quota: dict[str, Any] | None = None
    """One more instance with this quota has room; null if none has."""


class Load(Message, frozen=True):
    """How busy a node is."""

    queue_length: Count = 0
    repositories: tuple[RepositoryLoad, ...] = ()


class CatalogueEntry(Message, frozen=True):
    """An algorithm that a node has."""

    algorithm_id: Id
    """What the node calls it."""
    repository_id: Id
    repository_name: Name
    name: Name
    version: Version
    description: str
    input_schema: Any
    output_schema: Any
    error_schema: Any
    examples: list[Any]


class Heartbeat(Message, frozen=True):
    """``POST {master}/oaasNodes/{id}/heartbeat``."""

    sent_at: float
    """Seconds since 1970 by the node's clock."""
    version: str
    status: Literal["ready", "draining"]
    resources: dict[str, Any] | None
    """``computationResources`` of the node's ``/info``."""
    load: Load
    catalogue_revision: Revision
    catalogue: tuple[CatalogueEntry, ...] | None = None
    """All algorithms of the node, if the master has asked for them."""


class HeartbeatAnswer(Message, frozen=True):
    """What the master wants of the node."""

    next_in_seconds: float
    catalogue_wanted: bool = False
    """The master does not have this revision: the next heartbeat comes at once, and brings it."""
    drained: bool = False
    """The master has nothing running there any more."""
