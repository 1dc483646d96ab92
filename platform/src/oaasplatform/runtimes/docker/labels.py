"""Names and labels by which a node finds again what it made."""

from __future__ import annotations

import json
import re
from typing import Any

from oaasplatform.domain.jobs import JobSpec
from oaasplatform.runtimes.base import UnitSpec

NODE = "io.oaas.node"
INSTANCE = "io.oaas.instance"
GENERATION = "io.oaas.generation"
PORT = "io.oaas.port"
SERVICE = "io.oaas.service"
RUN = "io.oaas.run"


def unit_labels(node_id: str, spec: UnitSpec) -> dict[str, str]:
    """Labels of a unit's container."""
    return {
        NODE: node_id,
        INSTANCE: str(spec.instance_id),
        GENERATION: str(spec.generation),
        PORT: str(spec.port),
    }


def job_labels(node_id: str, spec: JobSpec) -> dict[str, str]:
    """Labels of a run's container."""
    return {
        NODE: node_id,
        INSTANCE: str(spec.instance_id),
        GENERATION: str(spec.generation),
        RUN: spec.run_id,
    }


def job_name(node_id: str, spec: JobSpec) -> str:
    """Name of a run's container."""
    return f"{network_name(node_id)}-{spec.instance_id}-{spec.generation}-run-{spec.run_id}"


def unit_name(node_id: str, spec: UnitSpec) -> str:
    """Name of a unit's container: the engine refuses a second one, however many nodes or tasks try."""
    return f"{network_name(node_id)}-{spec.instance_id}-{spec.generation}"


def network_name(node_id: str) -> str:
    """Name of the network that all units of a node share."""
    return f"oaas-{re.sub(r'[^A-Za-z0-9_.-]', '-', node_id)}"


def of_node(node_id: str, **more: list[str]) -> dict[str, str]:
    """Query parameter that selects what belongs to a node."""
    return {"filters": json.dumps({"label": [f"{NODE}={node_id}"], **more})}


def belongs_to(node_id: str, labels: dict[str, Any] | None) -> bool:
    """Whether something with these labels was made by the node."""
    return (labels or {}).get(NODE) == node_id
