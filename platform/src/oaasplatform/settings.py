"""All settings of a node, from environment variables, and those that other programs share.

Read once, in ``bootstrap`` and the CLI; ``database.config.TORTOISE_ORM`` is the one exception, for aerich.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.domain.networks import STACK_NETWORKS, STACK_PREFIX
from oaasplatform.domain.registries import registry_host

SettingsOfKind = TypeVar("SettingsOfKind", bound="CommonSettings")

_ORIGIN = re.compile(r"https?://[^\s/*]+")


def default_data_dir(name: str = "oaas") -> Path:
    """``/var/lib/NAME`` for root, the user's data directory otherwise."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib") / name
    return Path(platformdirs.user_data_dir(name))


class CommonSettings(BaseSettings):
    """What every program that serves an API on a database has; each field names its environment variable."""

    model_config = SettingsConfigDict(env_prefix="OAAS_", extra="ignore", populate_by_name=True)

    host: str = "127.0.0.1"
    """Address the public API listens on."""
    port: int = Field(5000, ge=0, le=65535)
    """Port of the public API; 0 lets the operating system pick one."""
    data_dir: Path = Field(default_factory=default_data_dir)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias=AliasChoices("LOG_LEVEL", "OAAS_LOG_LEVEL")
    )
    log_format: Literal["auto", "console", "json"] = "auto"
    auto_migrate: bool = True

    database_url: str | None = Field(None, validation_alias=AliasChoices("DATABASE_URL", "OAAS_DATABASE_URL"))
    """``postgres://user:password@host:port/database``; instead of the five fields below."""
    postgres_ip: str | None = Field(None, validation_alias="POSTGRES_IP")
    postgres_port: int = Field(5432, validation_alias="POSTGRES_PORT")
    postgres_user: str = Field("postgres", validation_alias="POSTGRES_USER")
    postgres_password: SecretStr = Field(SecretStr(""), validation_alias="POSTGRES_PASSWORD")
    postgres_password_file: Path | None = Field(None, validation_alias="POSTGRES_PASSWORD_FILE")
    """File that holds the password, instead of ``postgres_password``."""
    postgres_db: str = Field("oaas", validation_alias="POSTGRES_DB")

    secret_key: SecretStr | None = None
    """Encrypts stored credentials: 32 bytes in base64. Default: one in a file of the data directory."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins of web pages that may call the API from a browser, comma-separated; ``*`` is refused."""
    max_body_bytes: int = Field(65 * 2**20, gt=0)
    """Of a request; there is room for an input of 64 MiB and what stands beside it."""
    history_days: int | None = Field(None, ge=1)
    """How long executions are kept after their submission; None: for ever."""
    callback_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Networks, addresses and hosts that callbacks may reach although they are not public, comma-separated."""
    callback_attempts: int = Field(20, ge=1)
    """So often in a row a callback may fail before it is given up."""

    @field_validator("cors_origins", "callback_allow", mode="before")
    @classmethod
    def _split_lists(cls, value: object) -> object:
        return _split(value)

    @field_validator("cors_origins")
    @classmethod
    def _named(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin: name each one like https://plans.example.org:8443")
        return origins


class Settings(CommonSettings):
    """Settings of a node."""

    workers: int = Field(1, ge=1, le=64)
    """Processes that serve the API; one of them leads."""
    runtime: Literal["auto", "docker", "process"] = "auto"
    registry_url: str | None = Field(None, validation_alias="REGISTRY_URL")
    """A registry that asks for a login; those that were registered over the API win over it."""
    registry_user: str = Field("", validation_alias="REGISTRY_USER")
    registry_password: SecretStr = Field(SecretStr(""), validation_alias="REGISTRY_PASSWORD")
    allowed_images: Annotated[tuple[str, ...], NoDecode] = ("*",)
    """Patterns of images that may be registered, comma-separated."""

    redis_image: str = Field("redis:7-alpine", min_length=1)
    """What OPTIMAIX repositories get as their Redis."""

    network_mode_host: bool = Field(True, validation_alias="NETWORK_MODE_HOST")
    network: str | None = None
    """Docker network shared by node and instances; default: one of the node's own. Needed when not on the host's."""
    stack_networks: IPv4Network = STACK_NETWORKS
    """What the networks of stacks take their addresses from, 32 each."""
    callback_port: int = Field(0, ge=0, le=65535)
    """Port of the callback listener; 0 picks a free one at the first start and keeps it."""

    node_name: str = "oaas-node"
    master_url: str | None = None
    """A master that the node joins at its start, if it belongs to none."""
    master_token: SecretStr = SecretStr("")
    """Lets the node join, once."""
    allow_overcommit: bool = False
    """Whether the sum of promised quotas may exceed the machine."""
    ready_timeout: float = Field(120.0, gt=0)
    """Seconds an instance may take to become ready, unless its repository says otherwise."""
    max_attempts: int = Field(2, ge=1, le=100)
    """The loss of so many instances under an execution fails it; before that it starts again."""
    max_output_bytes: int = Field(64 * 2**20, gt=0)
    max_log_bytes: int = Field(2**20, gt=0)
    """How much of a run's log is kept after it ended."""
    user_limit: int | None = Field(None, ge=1)
    """Executions of a user that run at the same time, at most."""
    poll_interval: float = Field(5.0, gt=0)
    """Seconds without a callback after which an instance is asked."""
    stop_instances_on_exit: bool = False
    """Whether instances are stopped when the node ends; by default they go on."""
    purge_on_exit: bool = False
    """Whether everything the node made in the engine is removed when it ends, for trials and demos."""

    @field_validator("allowed_images", mode="before")
    @classmethod
    def _split_patterns(cls, value: object) -> object:
        return _split(value)

    @field_validator("stack_networks")
    @classmethod
    def _room(cls, range_: IPv4Network) -> IPv4Network:
        if range_.prefixlen > STACK_PREFIX:
            raise ValueError(f"{range_} has no room for the network of a stack; give a /{STACK_PREFIX} or larger")
        return range_

    @field_validator("registry_url")
    @classmethod
    def _registry(cls, url: str | None) -> str | None:
        return registry_host(url) if url else None


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def load_settings(**overrides: object) -> Settings:
    """Read the environment for a node. See :func:`load`."""
    return load(Settings, **overrides)


def load(kind: type[SettingsOfKind], **overrides: object) -> SettingsOfKind:
    """Read the environment; ``overrides`` (from command-line options) win, unless they are None.

    Raises:
        SettingsInvalid: naming each bad variable.
    """
    try:
        return kind.model_validate(
            kind(**{key: value for key, value in overrides.items() if value is not None})  # type: ignore[arg-type]
        )
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsInvalid("; ".join(lines)) from error
