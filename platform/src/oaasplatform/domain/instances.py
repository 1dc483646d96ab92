"""Instances: running deployments of repositories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.quotas import Enforcement, Quota, quota_document
from oaasplatform.domain.targets import Target
from oaasplatform.kit.backoff import delay


class Purpose(StrEnum):
    """Why an instance exists."""

    SERVICE = "service"
    """Made by an operator; runs executions."""
    TRIAL = "trial"
    """Made by the platform to discover a repository; never shown."""


class Desired(StrEnum):
    """What the database wants of an instance."""

    RUNNING = "running"
    STOPPED = "stopped"
    ABSENT = "absent"


class InstanceStatus(StrEnum):
    """How far an instance is; ``reason`` says more."""

    PENDING = "pending"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    REMOVING = "removing"


@dataclass(frozen=True, kw_only=True)
class InstanceFilter:
    """Which instances are wanted; None is no condition."""

    name: str | None = None
    status: InstanceStatus | None = None
    repository_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One running (or stopped) deployment of a repository under a quota."""

    id: int
    name: str
    description: str
    repository_id: int
    repository_name: str
    purpose: Purpose
    image: str
    digest: str
    protocol: str
    deployment: Deployment
    quota: Quota
    strict: bool
    enforced: dict[str, Enforcement]
    standby: bool
    """Whether it takes executions only while no other ready instance of its repository has a free slot."""
    desired: Desired
    revision: int
    """Rises when image or quota change."""
    unit_revision: int
    """The revision that the unit was made from."""
    status: InstanceStatus
    reason: str | None
    generation: int
    """Counts the units this instance has had; an execution remembers the one it ran on."""
    unit_id: str | None
    base_url: str | None
    addresses: Mapping[str, str]
    """Of its containers, by name."""
    concurrency: int
    restarts: int
    """Failures in a row; reset when the instance has been ready for a while."""
    retry_at: datetime | None
    started_at: datetime | None
    ready_at: datetime | None
    created_at: datetime
    modified_at: datetime

    @property
    def rest(self) -> float:
        """Seconds to wait before the unit is replaced: the first failure is answered at once."""
        return delay(self.restarts, first=1.0, most=300.0) if self.restarts else 0.0

    @property
    def target(self) -> Target | None:
        """Where its unit is, while it takes calls."""
        return None if self.base_url is None else self.target_at(self.base_url, self.addresses)

    def target_at(self, base_url: str, addresses: Mapping[str, str]) -> Target:
        """Its unit, found at these addresses."""
        return Target(
            instance_id=self.id,
            generation=self.generation,
            base_url=base_url,
            addresses=addresses,
            digest=self.digest,
            quota_document=quota_document(self.quota),
            deployment_document=msgspec.to_builtins(self.deployment),
        )

    @property
    def outdated(self) -> bool:
        """Whether the unit was made from an older image or quota."""
        return self.unit_revision != self.revision
