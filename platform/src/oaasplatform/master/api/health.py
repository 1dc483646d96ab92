"""``/health``: probes."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from oaasplatform.master.api.dependencies import Use
from oaasplatform.schemas.nodes import HealthView

router = APIRouter(prefix="/health", tags=["master"])


@router.get("/live")
async def live() -> dict[str, str]:
    """Whether the process answers at all."""
    return {"status": "ok"}


@router.get("/ready", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": HealthView}})
async def ready(use: Use, response: Response) -> HealthView:
    """Whether the database answers; 503 if not."""
    health = await use.master.health()
    if health.status == "failing":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return health
