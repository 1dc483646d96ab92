"""What routes work with: the services of the master, wired by ``bootstrap``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from oaasplatform.master.domain.executions import FederatedSubmission
from oaasplatform.master.schemas.executions import FederatedExecutionCreate
from oaasplatform.master.services.catalogue import CatalogueService
from oaasplatform.master.services.executions import ExecutionService
from oaasplatform.master.services.heartbeats import HeartbeatService
from oaasplatform.master.services.joining import JoiningService
from oaasplatform.master.services.masters import MasterService
from oaasplatform.master.services.metrics import MetricsService
from oaasplatform.master.services.passing import PassingService
from oaasplatform.master.services.registry import RegistryService
from oaasplatform.master.services.reports import ReportService
from oaasplatform.services.batches import BatchService
from oaasplatform.services.webhooks import WebhookService


@dataclass(frozen=True, kw_only=True)
class Services:
    """The use cases that the API offers."""

    master: MasterService
    registry: RegistryService
    joining: JoiningService
    heartbeats: HeartbeatService
    catalogue: CatalogueService
    passing: PassingService
    executions: ExecutionService
    batches: BatchService[FederatedExecutionCreate, FederatedSubmission]
    reports: ReportService
    """From nodes, about executions that they have."""
    webhooks: WebhookService
    """To the callback URLs of users."""
    metrics: MetricsService


def services_of(request: HTTPConnection) -> Services:
    """The services behind a request."""
    services: Services = request.app.state.services
    return services


Use = Annotated[Services, Depends(services_of)]
