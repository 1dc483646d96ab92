"""Registries: where images are pulled from, and who asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oaasplatform.domain.images import DOCKER_HUB

_URL = re.compile(r"(?:https?://)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)/?(?:v[12]/?)?", re.IGNORECASE)
_DOCKER_HUB_HOSTS = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "hub.docker.com"})


class CredentialKind(StrEnum):
    """What a user shows to a registry."""

    PASSWORD = "password"  # noqa: S105 - a kind, no password
    TOKEN = "token"  # noqa: S105
    """Issued by the registry to be used in place of the password."""


@dataclass(frozen=True, kw_only=True)
class RegistryFilter:
    """Which registries are wanted; None is no condition."""

    name: str | None = None
    host: str | None = None


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A registry that asks for a login."""

    id: int
    name: str
    url: str
    host: str
    """As it is written in references of images."""
    username: str
    credential: CredentialKind
    sealed: bytes = field(repr=False)
    """The password or token, encrypted and bound to ``host``."""
    created_at: datetime
    modified_at: datetime


def registry_host(url: str) -> str:
    """The host that references of images name, from a URL or from the host itself.

    Raises:
        ValueError: it is neither. The text is not repeated: it may hold a password.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("name the registry's host only, like https://registry.example.org:5000")
    host = match[1].lower()
    return DOCKER_HUB if host in _DOCKER_HUB_HOSTS else host
