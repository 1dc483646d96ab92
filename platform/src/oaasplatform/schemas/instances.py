"""Shapes of ``/algorithmRepositoriesInstances``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints, computed_field

from oaasplatform.domain.instances import Desired, InstanceStatus
from oaasplatform.domain.quotas import Enforcement, Quota, quota_document
from oaasplatform.schemas.base import Body, Timestamp, View

InstanceName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")]
QUOTA_EXAMPLE = {
    "cpu": "1 core",
    "ram": "512MB",
    "diskSpace": "1GB",
    "networkBandwidth": "100Mbps",
    "pids": 256,
}

_STANDBY = (
    "Ready, but kept as a spare: it takes executions only while no other ready instance of its repository has a free "
    "slot, or that name it."
)


class InstanceCreate(Body):
    """Deploy a repository."""

    name: InstanceName | None = Field(None, description="Default: the repository's name and a number.")
    description: str = Field("", max_length=10_000)
    algorithm_repository_id: int
    quota_information: dict[str, Any] = Field(
        default_factory=dict,
        examples=[QUOTA_EXAMPLE],
        description="cpu, ram, diskSpace, networkBandwidth, pids, gpus: numbers or strings with units.",
    )
    strict: bool = Field(False, description="Refuse a quota that the engine can't enforce as a whole.")
    standby: bool = Field(False, description=_STANDBY)


class InstanceUpdate(Body):
    """Change what people see, or the quota: a new quota replaces the container."""

    name: InstanceName | None = None
    description: str | None = Field(None, max_length=10_000)
    quota_information: dict[str, Any] | None = None
    strict: bool | None = None
    standby: bool | None = Field(None, description=_STANDBY)


class EnforcementView(View):
    """Whether one part of the quota holds."""

    enforced: bool
    detail: str = Field(description="By what means, or why not.")


class InstanceView(View):
    """An instance."""

    id: int
    name: str
    description: str
    algorithm_repository_id: int = Field(validation_alias="repository_id")
    algorithm_repository_name: str = Field(validation_alias="repository_name")
    quota: Quota = Field(exclude=True)
    strict: bool
    standby: bool = Field(description=_STANDBY)
    enforced: dict[str, Enforcement] = Field(exclude=True)
    desired: Desired = Field(description="What was asked for.")
    status: InstanceStatus
    reason: str | None = Field(description="What is going on, or why it is not ready.")
    digest: str
    unit_id: str | None = Field(description="Id of the container in the engine, or `stack-...` for several.")
    concurrency: int = Field(description="Executions at the same time.")
    restarts: int
    started_at: Timestamp | None
    ready_at: Timestamp | None
    created_at: Timestamp
    modified_at: Timestamp

    @computed_field(description="Cores, bytes, bit/s.")  # type: ignore[prop-decorator]
    @property
    def quota_information(self) -> dict[str, Any]:
        """The quota in plain numbers."""
        return quota_document(self.quota)

    @computed_field(description="What holds of the quota on this host.")  # type: ignore[prop-decorator]
    @property
    def enforced_quota(self) -> dict[str, EnforcementView]:
        """What the engine makes of the quota."""
        return {name: EnforcementView.model_validate(e) for name, e in self.enforced.items()}


class StatsView(View):
    """Use of resources right now."""

    cpu: float = Field(description="Cores in use.")
    memory: int = Field(description="Bytes.")
    memory_limit: int | None = Field(description="Bytes.")
    pids: int
    network_received: int = Field(description="Bytes since the start.")
    network_sent: int = Field(description="Bytes since the start.")
