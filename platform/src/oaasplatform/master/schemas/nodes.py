"""Shapes of ``/oaasNodes``."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.schemas.base import Timestamp, View


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
