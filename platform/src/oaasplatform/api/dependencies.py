"""What routes work with: the services of the node, wired by ``bootstrap``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from fastapi.requests import HTTPConnection

from oaasplatform.services.batches import BatchService
from oaasplatform.services.callbacks import CallbackService
from oaasplatform.services.comparisons import ComparisonService
from oaasplatform.services.executions import ExecutionService
from oaasplatform.services.instances import InstanceService
from oaasplatform.services.memberships import MembershipService
from oaasplatform.services.nodes import NodeService
from oaasplatform.services.proxy import ProxyService
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.repositories import RepositoryService
from oaasplatform.services.webhooks import WebhookService


@dataclass(frozen=True, kw_only=True)
class Services:
    """The use cases that the API offers."""

    registries: RegistryService
    repositories: RepositoryService
    instances: InstanceService
    executions: ExecutionService
    batches: BatchService
    comparisons: ComparisonService
    callbacks: CallbackService
    """From instances."""
    webhooks: WebhookService
    """To the callback URLs of users."""
    nodes: NodeService
    memberships: MembershipService
    proxy: ProxyService


def services_of(request: HTTPConnection) -> Services:
    """The services behind a request."""
    services: Services = request.app.state.services
    return services


Use = Annotated[Services, Depends(services_of)]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
