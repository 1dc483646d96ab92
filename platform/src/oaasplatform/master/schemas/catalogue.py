"""Shapes of ``/algorithms``."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.schemas.base import Timestamp, View


class OfferView(View):
    """A node that has an algorithm."""

    oaas_node_id: int = Field(validation_alias="node_id")
    oaas_node_name: str = Field(validation_alias="node_name")
    status: NodeStatus
    algorithm_id: int = Field(description="What the node calls the algorithm.")
    algorithm_repository_id: int = Field(validation_alias="repository_id")
    instances: int = Field(description="Ready ones of its repository, as of the node's last heartbeat.")
    slots: int
    free_slots: int = Field(validation_alias="free")


class AlgorithmView(View):
    """An algorithm, the same on all nodes that have it: repository name, name and version are equal."""

    id: int
    algorithm_repository_name: str = Field(validation_alias="repository_name")
    name: str
    version: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    error_schema: dict[str, Any]
    examples: list[Any]
    nodes: list[OfferView] = Field(validation_alias="offers")
    created_at: Timestamp
    modified_at: Timestamp
