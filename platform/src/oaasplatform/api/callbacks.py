"""The application that instances call. It has a listener of its own, so that containers reach nothing else."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response

from oaasplatform.api import problems
from oaasplatform.api.dependencies import Services, services_of
from oaasplatform.api.limits import BodyLimit

_MESSAGE_SLACK = 2**20
"""Bytes of a status message beside the output."""

router = APIRouter()


def create_callback_app(services: Services, *, max_output_bytes: int) -> FastAPI:
    """``POST /callback/...`` and nothing else."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.add_middleware(BodyLimit, limit=max_output_bytes + _MESSAGE_SLACK)
    problems.install(app)
    app.include_router(router)
    return app


@router.post("/callback/{number}", include_in_schema=False)
async def receive(request: Request, number: int, secret: str | None = None) -> Response:
    """Take a message about a run: ``number`` is the execution's id, or, without ``secret``, the secret itself."""
    callbacks = services_of(request).callbacks
    if secret is not None:
        await callbacks.receive(number, secret, request.stream())
    else:
        sender = request.client.host if request.client else ""
        await callbacks.receive_by_number(number, sender, request.stream())
    return Response(status_code=204)
