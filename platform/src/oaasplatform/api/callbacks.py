"""The application that instances call. It has a listener of its own, so that containers reach nothing else."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException

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
    limit = max_output_bytes + _MESSAGE_SLACK
    app.add_middleware(BodyLimit, limit=limit, setting="OAAS_MAX_OUTPUT_BYTES", answer_at_once=False)
    problems.install(app)
    app.include_router(router)
    return app


@router.post("/callback/{number}", include_in_schema=False)
async def receive(request: Request, number: int, secret: str | None = None) -> Response:
    """Take a message about a run: ``number`` is the execution's id, or, without ``secret``, the secret itself."""
    callbacks = services_of(request).callbacks
    if secret is None:
        await callbacks.receive_by_number(number, _sender(request), request.stream())
        return Response(status_code=204)
    try:
        await callbacks.receive(number, secret, request.stream())
    except HTTPException as error:
        if error.status_code == 413:
            await callbacks.too_long(number, secret, str(error.detail))
        raise
    return Response(status_code=204)


def _sender(request: Request) -> str:
    """The address that a request came from; a listener for both kinds of addresses has the older ones in the newer."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
