"""Batches on the master: each line goes to the node that is best for it."""

from __future__ import annotations

from fastapi import Request

from oaasplatform.api.batches import Use, batch_routes
from oaasplatform.master.api.dependencies import services_of
from oaasplatform.master.schemas.executions import FederatedExecutionCreate, federated_view


def _use(request: Request) -> Use[FederatedExecutionCreate]:
    services = services_of(request)
    return Use(services.batches, services.executions)


router = batch_routes(FederatedExecutionCreate, federated_view, _use)
