"""Algorithm repositories and the algorithms in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from oaasplatform.domain.deployments import Deployment


class RepositoryStatus(StrEnum):
    """Whether a repository can be used."""

    REGISTERING = "registering"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class RepositoryFilter:
    """Which repositories are wanted; None is no condition."""

    name: str | None = None
    status: RepositoryStatus | None = None


@dataclass(frozen=True, kw_only=True)
class AlgorithmFilter:
    """Which algorithms are wanted; None is no condition."""

    name: str | None = None
    search: str | None = None
    """Text in name or description."""
    repository_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A container image that serves algorithms."""

    id: int
    name: str
    description: str
    image: str
    registry_id: int | None
    """Whose credentials the image is pulled with; None: those for the image's host."""
    digest: str | None
    """What the image resolved to when it was discovered; instances run exactly this."""
    protocol: str
    """As asked for: ``auto`` or a dialect."""
    deployment: Deployment
    """As asked for."""
    dialect: str | None
    """What discovery found."""
    resolved: Deployment
    """The deployment as discovery completed it."""
    max_concurrent_executions: int | None
    """That run at the same time on all its instances; None: as many as these have slots."""
    status: RepositoryStatus
    reason: str | None
    discovering: bool
    """Whether the image is being pulled and read, or about to be."""
    refresh: bool
    """Whether that discovery asks the registry even if the image is here."""
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """One callable in a repository."""

    id: int
    repository_id: int
    repository_name: str
    reference: str
    """How the repository itself names the algorithm; only its protocol adapter understands it."""
    name: str
    version: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    error_schema: dict[str, Any]
    examples: list[Any]
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """An algorithm as a protocol adapter discovered it."""

    reference: str
    name: str
    version: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    error_schema: dict[str, Any]
    examples: list[Any]
