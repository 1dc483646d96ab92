"""What a registration may say about its containers beside the image."""

from __future__ import annotations

import re
import shlex
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from oaasplatform.domain.deployments import Condition, Deployment, Mount
from oaasplatform.schemas.base import Body

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (3600.0, 60.0, 1.0, 0.001)


def _words(value: Any) -> Any:
    return shlex.split(value) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    """A Compose duration (``1m30s``) in seconds."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value)
    if not value or found is None:
        raise ValueError("a duration looks like `1m30s`, or is a number of seconds")
    return sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part)


def _test(value: Any) -> Any:
    if isinstance(value, str):
        return ["/bin/sh", "-c", value]
    match value:
        case ["CMD", *words]:
            return words
        case ["CMD-SHELL", str(script)]:
            return ["/bin/sh", "-c", script]
    return value


def _text(value: Any) -> Any:
    # YAML takes `user: 999` for a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _environment(value: Any) -> Any:
    if isinstance(value, list):
        return dict(str(each).partition("=")[::2] for each in value)
    return value


def _conditions(value: Any) -> Any:
    match value:
        case list():
            return dict.fromkeys(value, Condition.STARTED)
        case dict():
            return {name: each.get("condition") if isinstance(each, dict) else each for name, each in value.items()}
    return value


def _mounts(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [f"{each.volume}:{each.path}" if isinstance(each, Mount) else each for each in value]


ServiceName = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[a-z0-9][a-z0-9-]*$")]
Words = Annotated[list[str], BeforeValidator(_words), Field(max_length=1000)]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0, le=3600)]
Environment = Annotated[dict[str, str], BeforeValidator(_environment), Field(max_length=200)]
Path = Annotated[str, StringConstraints(max_length=1000, pattern=r"^/[^:\x00]*$")]
User = Annotated[
    str,
    BeforeValidator(_text),
    StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$"),
]
Volume = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[a-z0-9][a-z0-9_.-]*:/[^:\x00]+$")]


class _ComposeFields(BaseModel):
    """Field names are those of a Compose file."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class HealthCheckFields(_ComposeFields):
    """When a service is healthy."""

    test: Annotated[list[str], BeforeValidator(_test), Field(min_length=1)]
    interval: Annotated[Seconds, Field(gt=0)] = 1.0
    timeout: Annotated[Seconds, Field(gt=0)] = 5.0
    retries: int = Field(30, ge=1, le=1000)
    start_period: Seconds = 0.0


class ServiceFields(_ComposeFields):
    """One container of a stack."""

    image: str = Field(min_length=1, max_length=1000)
    digest: str = Field(
        "", description="What the image resolved to; only in answers.", exclude_if=lambda value: not value
    )
    command: Words | None = None
    user: User | None = Field(None, description="User, or `user:group`, by name or number; null: the image's own.")
    environment: Environment = Field(default_factory=dict)
    volumes: Annotated[list[Volume], BeforeValidator(_mounts)] = Field(
        default_factory=list, description="`name:/path`; services with the same name share the volume."
    )
    depends_on: Annotated[dict[ServiceName, Condition], BeforeValidator(_conditions)] = Field(default_factory=dict)
    healthcheck: HealthCheckFields | None = None
    share: float = Field(1.0, gt=0, le=1000, description="Weight by which the quota is divided among the services.")


class StackFields(_ComposeFields):
    """Containers that see each other by their names, and nobody else. One quota covers them."""

    services: dict[ServiceName, ServiceFields] = Field(min_length=1, max_length=20)
    answers: ServiceName = Field(description="The service that the platform talks to.")

    @model_validator(mode="after")
    def _names(self) -> StackFields:
        for name in (self.answers, *(name for each in self.services.values() for name in each.depends_on)):
            if name not in self.services:
                raise ValueError(f"there is no service {name!r}")
        try:
            TopologicalSorter({name: set(each.depends_on) for name, each in self.services.items()}).prepare()
        except CycleError as error:
            raise ValueError(f"services wait for each other in a circle: {', '.join(error.args[1])}") from error
        return self


class CommandFields(Body):
    """A program that runs to completion, as an algorithm."""

    model_config = ConfigDict(from_attributes=True, serialize_by_alias=True)

    name: str = Field(min_length=1, max_length=200)
    version: str = Field("1.0.0", max_length=100)
    description: str = Field("", max_length=100_000, description="Markdown.")
    command: Words | None = Field(None, description="Program and arguments; null: what the image itself starts.")
    environment: Environment = Field(default_factory=dict)
    input: Annotated[str, StringConstraints(pattern=r"^(stdin|/[^\x00]+)$")] = Field(
        "stdin", description="`stdin`, or the absolute path of a file."
    )
    output: Annotated[str, StringConstraints(pattern=r"^(stdout|/[^\x00]+)$")] = Field(
        "stdout", description="`stdout`, or the absolute path of a file."
    )
    input_schema: dict[str, Any] = Field(default_factory=dict)
    output_schema: dict[str, Any] = Field(default_factory=dict)
    examples: list[Any] = Field(default_factory=list, max_length=100)
    progress: str | None = Field(
        None,
        max_length=2000,
        description="Regular expression for log lines, with the named groups `percent`, `fraction`, `message`, "
        "`objective`, `bound` and `gap`.",
    )
    grace: float = Field(5.0, ge=0, le=60, description="Seconds between SIGTERM and SIGKILL when a run is stopped.")


class MatlabFunctionFields(Body):
    """A function of a MATLAB server whose discovery is off."""

    model_config = ConfigDict(from_attributes=True, serialize_by_alias=True)

    archive: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")
    function: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z][A-Za-z0-9_.]*$")
    inputs: list[str] = Field(default_factory=list, max_length=100, description="Names of the arguments, in order.")
    outputs: list[str] = Field(default_factory=lambda: ["result"], min_length=1, max_length=100)
    description: str = Field("", max_length=100_000, description="Markdown.")


class DeploymentFields(BaseModel):
    """The part of a registration, and of a repository, that is a ``domain.deployments.Deployment``."""

    port: int | None = Field(None, ge=1, le=65535, description="Port inside the container; default: the dialect's.")
    ready_timeout_in_seconds: float | None = Field(
        None, gt=0, le=3600, description="How long an instance may take until it answers; default: the node's."
    )
    concurrency: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Runs at the same time, for dialects that can't say; default: 1.",
    )
    algorithm: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Name of the algorithm of a `cog` image; default: the last part of the image's name.",
    )
    stack: StackFields | None = Field(None, description="The containers of the repository, if it has several.")
    commands: list[CommandFields] = Field(
        default_factory=list, max_length=200, description="Programs that are algorithms: dialect `command`."
    )
    functions: list[MatlabFunctionFields] = Field(
        default_factory=list, max_length=200, description="For a `matlab` server whose discovery is off."
    )


def merged(asked: DeploymentFields, before: Deployment) -> Deployment:
    """A deployment with what a request says about it."""
    said = {
        _NAMES.get(name, name): value
        for name, value in asked.model_dump(by_alias=False, include=set(DeploymentFields.model_fields)).items()
        if name in asked.model_fields_set
    }
    for service in ((said.get("stack") or {}).get("services") or {}).values():
        service["volumes"] = [
            {"volume": volume, "path": path} for volume, _, path in (each.partition(":") for each in service["volumes"])
        ]
    return msgspec.convert({**msgspec.to_builtins(before), **said}, Deployment)


_NAMES = {"ready_timeout_in_seconds": "ready_timeout"}
