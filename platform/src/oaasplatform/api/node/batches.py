"""Batches on a node."""

from __future__ import annotations

from fastapi import Request

from oaasplatform.api.batches import Use, batch_routes
from oaasplatform.api.dependencies import services_of
from oaasplatform.schemas.executions import ExecutionCreate, execution_view


def _use(request: Request) -> Use[ExecutionCreate]:
    services = services_of(request)
    return Use(services.batches, services.executions)


router = batch_routes(ExecutionCreate, execution_view, _use)
