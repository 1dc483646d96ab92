"""Where a run is, as protocol adapters need to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.quotas import Quota, parse_quota


@dataclass(frozen=True, kw_only=True)
class Target:
    """One life of an instance."""

    instance_id: int
    generation: int
    base_url: str
    """``http://address:port`` of the container that answers; empty when the dialect has no standing container."""
    addresses: Mapping[str, str]
    """Names of a stack's services with their addresses; a single container is called ``main``."""
    digest: str
    quota_document: Mapping[str, Any]
    deployment_document: Mapping[str, Any]

    @cached_property
    def deployment(self) -> Deployment:
        """What the registration said."""
        return msgspec.convert(self.deployment_document, Deployment)

    @cached_property
    def quota(self) -> Quota:
        """Of the instance."""
        return parse_quota(self.quota_document)

    @property
    def port(self) -> int | None:
        """Of ``base_url``."""
        return urlsplit(self.base_url).port

    def url(self, port: int) -> str:
        """``http://address:port`` of the container that answers, at another of its ports."""
        parts = urlsplit(self.base_url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return urlunsplit(parts._replace(netloc=f"{host}:{port}"))


@dataclass(frozen=True)
class Run:
    """One attempt of an execution."""

    id: str
    """Opaque name, unique for ever."""
    handle: str | None
    """What the dialect itself calls the run: ``Launched.handle`` as it was stored, None if that never came to pass
    (the node was killed during the launch)."""
