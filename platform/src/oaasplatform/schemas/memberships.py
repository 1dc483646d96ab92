"""Shapes of ``/master``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from oaasplatform.domain.addresses import base_url
from oaasplatform.schemas.base import Body, Timestamp, View

Address = Annotated[str, Field(max_length=300), AfterValidator(base_url)]


class JoinOrder(Body):
    """Join a master."""

    url: Address = Field(description="Of the master's API, like http://master.example.org:5001.")
    token: str = Field(min_length=1, max_length=200, description="One that `oaas master token` has made.")
    address: Address | None = Field(
        None, description="`http://host:port` at which the master reaches this node. Default: that of `/info`."
    )


class MembershipView(View):
    """Which master the node belongs to."""

    state: Literal["none", "joining", "joined", "leaving"]
    master_url: str | None = None
    master_uid: str | None = None
    oaas_node_id: int | None = Field(None, validation_alias="node_id", description="What the master calls this node.")
    heard_at: Timestamp | None = Field(None, description="When the master last answered a heartbeat.")
    trouble: str | None = Field(None, description="What is wrong with the newest heartbeat.")
