"""``/metrics``: for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from oaasplatform.master.api.dependencies import Use
from oaasplatform.master.services.metrics import CONTENT_TYPE

router = APIRouter(prefix="/metrics", tags=["master"])


@router.get("", response_class=PlainTextResponse)
async def get_metrics(use: Use) -> Response:
    """Nodes by status, heartbeats."""
    return Response(await use.metrics.read(), headers={"Content-Type": CONTENT_TYPE})
