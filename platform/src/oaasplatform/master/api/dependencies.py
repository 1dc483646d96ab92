"""What routes work with: the services of the master, wired by ``bootstrap``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from oaasplatform.master.services.catalogue import CatalogueService
from oaasplatform.master.services.heartbeats import HeartbeatService
from oaasplatform.master.services.joining import JoiningService
from oaasplatform.master.services.masters import MasterService
from oaasplatform.master.services.metrics import MetricsService
from oaasplatform.master.services.passing import PassingService
from oaasplatform.master.services.registry import RegistryService


@dataclass(frozen=True, kw_only=True)
class Services:
    """The use cases that the API offers."""

    master: MasterService
    registry: RegistryService
    joining: JoiningService
    heartbeats: HeartbeatService
    catalogue: CatalogueService
    passing: PassingService
    metrics: MetricsService


def services_of(request: HTTPConnection) -> Services:
    """The services behind a request."""
    services: Services = request.app.state.services
    return services


Use = Annotated[Services, Depends(services_of)]
