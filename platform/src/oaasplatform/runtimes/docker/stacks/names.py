"""Names and labels of what makes up a stack."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oaasplatform.runtimes.docker.labels import GENERATION, INSTANCE, NODE, network_name

SERVICES = "io.oaas.services"
"""Names of all services of the stack, the one that answers first."""
DEPTH = "io.oaas.depth"
"""How many others a service has to wait for one after the other: those at the same depth start together."""
_UNIT_ID = re.compile(r"stack-(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True)
class StackName:
    """One generation of an instance of a node."""

    node_id: str
    instance_id: int
    generation: int

    @property
    def unit_id(self) -> str:
        """By which the unit is known above the driver."""
        return f"stack-{self.instance_id}-{self.generation}"

    @property
    def network(self) -> str:
        """Name of its network."""
        return f"{network_name(self.node_id)}-{self.instance_id}-{self.generation}"

    def part(self, name: str) -> str:
        """Name of the container of a service, or of a volume."""
        return f"{self.network}-{name}"

    @property
    def labels(self) -> dict[str, str]:
        """Of all its parts."""
        return {NODE: self.node_id, INSTANCE: str(self.instance_id), GENERATION: str(self.generation)}

    @property
    def query(self) -> dict[str, str]:
        """Query parameter that selects its parts."""
        return {"filters": json.dumps({"label": [f"{name}={value}" for name, value in self.labels.items()]})}


def name_in(node_id: str, unit_id: str) -> StackName | None:
    """The stack that a unit id means; None if it is the id of a container."""
    found = _UNIT_ID.fullmatch(unit_id)
    return None if found is None else StackName(node_id, int(found[1]), int(found[2]))


def name_of(labels: Mapping[str, Any]) -> StackName:
    """The stack that something with these labels is a part of."""
    return StackName(labels[NODE], int(labels[INSTANCE]), int(labels[GENERATION]))
