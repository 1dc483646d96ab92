"""Shapes of ``/info`` and ``/health``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oaasplatform.schemas.base import Body, Timestamp, View


class Amounts(View):
    """Amounts of each resource."""

    cpu: float = Field(description="Cores.")
    ram: int = Field(description="Bytes.")
    disk_space: int = Field(description="Bytes.")


class Resources(View):
    """What the machine has and what of it is taken."""

    total: Amounts
    promised: Amounts = Field(description="Sum of the quotas of all instances.")
    in_use: Amounts = Field(description="Measured over all running instances.")


class RuntimeView(View):
    """The container engine."""

    name: str
    version: str | None
    available: bool
    isolates: bool | None = Field(description="Whether quotas and isolation are enforced.")
    reason: str | None = Field(description="Why it is not available.")


class NodeView(View):
    """This node."""

    id: int
    name: str
    description: str
    owner: str
    address: str
    port: int
    version: str
    runtime: RuntimeView
    computation_resources: Resources | None = Field(description="Null while the engine does not answer.")
    created_at: Timestamp
    modified_at: Timestamp


class NodeUpdate(Body):
    """What an operator may say about the node."""

    name: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    owner: str | None = Field(None, max_length=200)
    address: str | None = Field(None, max_length=253)
    port: int | None = Field(None, ge=1, le=65535)


class Check(View):
    """One part of the node's health."""

    status: Literal["ok", "failing"]
    detail: str | None = None


class HealthView(View):
    """Whether the node can do its work."""

    status: Literal["ok", "degraded", "failing"] = Field(
        description="`degraded`: the engine is down, everything that needs no engine goes on."
    )
    checks: dict[str, Check]
    leader: bool = Field(description="Whether the process that answers is the one that drives the engine.")
    process: int = Field(description="Its process id.")
