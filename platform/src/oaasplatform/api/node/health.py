"""``/health``: probes."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from oaasplatform.api.dependencies import Use
from oaasplatform.schemas.nodes import HealthView

router = APIRouter(prefix="/health", tags=["node"])


@router.get("/live")
async def live() -> dict[str, str]:
    """Whether the process answers at all."""
    return {"status": "ok"}


@router.get("/ready", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": HealthView}})
async def ready(use: Use, response: Response) -> HealthView:
    """Whether database and engine answer. 503 without the database; without the engine the node is degraded.

    Of several processes, any one answers for itself: `leader` says if it is the one that drives the engine.
    """
    health = await use.nodes.health()
    if health.status == "failing":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return health
