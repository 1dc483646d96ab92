"""Shapes of ``/algorithmRepositories`` and ``/algorithms``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from oaasplatform.domain.repositories import Repository, RepositoryStatus
from oaasplatform.schemas.base import Body, Timestamp, View
from oaasplatform.schemas.deployments import DeploymentFields

RepositoryName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
]


Dialect = Literal["auto", "oaas", "optimaix", "matlab", "cog", "command", "direct"]


ConcurrentExecutions = Annotated[
    int | None,
    Field(ge=1, le=100_000, description="Executions at the same time on all its instances; null: as they have slots."),
]


class RepositoryCreate(DeploymentFields, Body):
    """Register a container image as an algorithm repository."""

    name: RepositoryName = Field(examples=["network-planning"])
    description: str = Field("", max_length=10_000)
    image: str | None = Field(
        None,
        validate_default=True,
        min_length=1,
        max_length=1000,
        examples=["oaas-example/network-planning:latest"],
        description="Image reference; for the process runtime the directory of a project. Optional with a `stack`.",
    )
    registry_id: int | None = Field(
        None, description="Pull with its credentials; default: the oldest registry of the image's host."
    )
    protocol: Dialect = Field(
        "auto", description="Dialect of the image; `auto` finds it out. `direct`: any HTTP server, without algorithms."
    )
    max_concurrent_executions: ConcurrentExecutions = None

    @field_validator("image")
    @classmethod
    def _or_stack(cls, image: str | None, known: ValidationInfo) -> str | None:
        if image is None and known.data.get("stack") is None:
            raise ValueError("give an `image`, or a `stack`")
        return image


class RepositoryUpdate(DeploymentFields, Body):
    """Change what people see, or how it is deployed: then it is discovered like a new registration."""

    name: RepositoryName | None = None
    description: str | None = Field(None, max_length=10_000)
    image: str | None = Field(None, min_length=1, max_length=1000)
    registry_id: int | None = Field(None, description="Null: the oldest registry of the image's host.")
    protocol: Dialect | None = None
    max_concurrent_executions: ConcurrentExecutions = None


class RepositoryView(DeploymentFields, View):
    """An algorithm repository."""

    id: int
    name: str
    description: str
    image: str
    registry_id: int | None = Field(description="Null: chosen by the image's host.")
    digest: str | None = Field(description="What the image resolved to; instances run exactly this.")
    protocol: str = Field(description="The dialect that was found, or what was asked for.")
    max_concurrent_executions: ConcurrentExecutions
    status: RepositoryStatus
    discovering: bool = Field(description="Whether the image is being pulled and read.")
    reason: str | None = Field(description="What is going on, or why it failed.")
    created_at: Timestamp
    modified_at: Timestamp

    @classmethod
    def of(cls, repository: Repository) -> RepositoryView:
        """The view of a repository: its deployment as discovery completed it, once that has happened."""
        deployment = repository.resolved if repository.dialect else repository.deployment
        shown = {**asdict(repository), **msgspec.structs.asdict(deployment)}
        shown |= {
            "protocol": repository.dialect or repository.protocol,
            "ready_timeout_in_seconds": deployment.ready_timeout,
        }
        return cls.model_validate(shown)


class AlgorithmView(View):
    """An algorithm of a repository."""

    id: int
    algorithm_repository_id: int = Field(validation_alias="repository_id")
    algorithm_repository_name: str = Field(validation_alias="repository_name")
    name: str
    version: str
    description: str = Field(description="Markdown.")
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    error_schema: dict[str, Any]
    examples: list[Any] = Field(description="Inputs that run in reasonable time.")
    created_at: Timestamp
    modified_at: Timestamp
