"""Shapes of ``/oaasNodes``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.schemas.base import Body, Timestamp, View

Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class MemberNodeUpdate(Body):
    """What an operator may say about a node."""

    name: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    owner: str | None = Field(None, max_length=200)
    labels: dict[Label, Label] | None = Field(None, max_length=50, description="Replace those that the node has.")


class MemberNodeView(View):
    """A node that has joined."""

    id: int
    uid: str
    name: str
    description: str
    owner: str
    ip_address_or_dns: str
    ip_port: int
    base_url: str = Field(description="Where the master reaches its API.")
    labels: dict[str, str] = Field(description="What `affinity` of executions is compared with.")
    status: NodeStatus
    last_seen_at: Timestamp
    clock_skew: float | None = Field(
        description="Seconds by which its clock is ahead of the master's; null before the first heartbeat."
    )
    version: str
    computation_resources: dict[str, Any] | None = Field(
        validation_alias="resources", description="Total, promised, in use; null while its engine does not answer."
    )
    load: dict[str, Any] = Field(description="Queue and slots, as of its last heartbeat.")
    created_at: Timestamp
    modified_at: Timestamp
