"""Shapes of ``/algorithmRepositories`` and ``/algorithms``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from oaasplatform.domain.repositories import RepositoryStatus
from oaasplatform.schemas.base import Body, Timestamp, View

RepositoryName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
]


class RepositoryCreate(Body):
    """Register a container image as an algorithm repository."""

    name: RepositoryName = Field(examples=["network-planning"])
    description: str = Field("", max_length=10_000)
    image: str = Field(
        min_length=1,
        max_length=1000,
        examples=["oaas-example/network-planning:latest"],
        description="Image reference; for the process runtime the directory of a project.",
    )
    registry_id: int | None = Field(
        None, description="Pull with its credentials; default: the oldest registry of the image's host."
    )
    protocol: Literal["auto", "oaas"] = Field("auto", description="Dialect; `auto` finds it out by probing.")


class RepositoryUpdate(Body):
    """Change what people see, or the image: a new image is discovered like a new registration."""

    name: RepositoryName | None = None
    description: str | None = Field(None, max_length=10_000)
    image: str | None = Field(None, min_length=1, max_length=1000)
    registry_id: int | None = Field(None, description="Null: the oldest registry of the image's host.")


class RepositoryView(View):
    """An algorithm repository."""

    id: int
    name: str
    description: str
    image: str
    registry_id: int | None = Field(description="Null: chosen by the image's host.")
    digest: str | None = Field(description="What the image resolved to; instances run exactly this.")
    protocol: str
    status: RepositoryStatus
    discovering: bool = Field(description="Whether the image is being pulled and read.")
    reason: str | None = Field(description="What is going on, or why it failed.")
    created_at: Timestamp
    modified_at: Timestamp


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
