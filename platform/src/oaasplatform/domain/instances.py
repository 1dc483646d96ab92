"""Instances: running deployments of repositories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oaasplatform.domain.quotas import Enforcement, Quota


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
    quota: Quota
    strict: bool
    enforced: dict[str, Enforcement]
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
    concurrency: int
    restarts: int
    """Failures in a row; reset when the instance has been ready for a while."""
    retry_at: datetime | None
    started_at: datetime | None
    ready_at: datetime | None
    created_at: datetime
    modified_at: datetime

    @property
    def outdated(self) -> bool:
        """Whether the unit was made from an older image or quota."""
        return self.unit_revision != self.revision
