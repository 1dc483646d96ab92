"""The application that instances call. It has a listener of its own, so that containers reach nothing else."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from oaasplatform.api import problems
from oaasplatform.api.dependencies import Services, services_of
from oaasplatform.api.limits import BodyLimit

_MESSAGE_SLACK = 2**20
"""Bytes of a status message beside the output."""


def create_callback_app(services: Services, *, max_output_bytes: int) -> FastAPI:
    """``POST /callback/{executionId}?secret=...`` and nothing else."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.add_middleware(BodyLimit, limit=max_output_bytes + _MESSAGE_SLACK)
    problems.install(app)
    app.add_api_route("/callback/{execution_id}", _receive, methods=["POST"])
    return app


async def _receive(request: Request, execution_id: int, secret: str = "") -> Response:
    """Take a status message of a run."""
    await services_of(request).callbacks.receive(execution_id, secret, await request.body())
    return Response(status_code=204)
