"""The one place where errors become ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import re
import uuid

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from oaasplatform.domain import errors
from oaasplatform.domain.errors import OaasError, Violation
from oaasplatform.schemas.base import ProblemView, ViolationView

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[OaasError], int] = {
    errors.NotFound: 404,
    errors.InvalidDocument: 422,
    errors.InvalidQuota: 422,
    errors.QuotaNotEnforceable: 422,
    errors.CapacityExceeded: 409,
    errors.NameTaken: 409,
    errors.InUse: 409,
    errors.WrongState: 409,
    errors.IdempotencyMismatch: 422,
    errors.PayloadTooLarge: 413,
    errors.ForeignOrigin: 403,
    errors.EngineUnavailable: 503,
    errors.DatabaseUnavailable: 503,
    errors.CredentialsUnreadable: 503,
    errors.ImageUnavailable: 422,
    errors.ImageNotAllowed: 422,
    errors.UnitFailed: 502,
    errors.Unauthorized: 401,
    errors.TokenRefused: 403,
    errors.AlreadyMember: 409,
    errors.MasterUnavailable: 502,
    errors.MasterRefused: 409,
    errors.NodeNotReached: 422,
    errors.NodeUnreachable: 503,
    errors.InstanceUnreachable: 502,
    errors.InstanceNotReady: 503,
    errors.InstanceBroken: 502,
    errors.NotSupported: 409,
    errors.ContractBroken: 502,
}
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}
"""What goes with a status."""
_QUOTE = re.compile(r" - at `(\$[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")

log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Render every error of the application as a problem."""
    app.add_exception_handler(OaasError, _known)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(msgspec.DecodeError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def render(problem: ProblemView, headers: dict[str, str] | None = None) -> Response:
    """A problem as a response."""
    return Response(problem.model_dump_json(), problem.status, headers, MEDIA_TYPE)


def problem_of(request: HTTPConnection, error: OaasError | msgspec.DecodeError) -> ProblemView:
    """What went wrong with a part of a request."""
    if isinstance(error, OaasError):
        return view(
            request,
            _status(error),
            title=error.title,
            code=error.code,
            detail=error.detail,
            violations=error.violations,
        )
    if not isinstance(error, msgspec.ValidationError):
        return view(request, 400, title="The body is not JSON", code="notJson", detail=str(error))
    text = str(error)
    match = _QUOTE.search(text)
    pointer = "".join(f"/{name or index}" for name, index in _STEP.findall(match[1])) if match else ""
    violation = Violation(pointer, _QUOTE.sub("", text))
    return view(
        request,
        422,
        title="The request is not valid",
        code="invalidRequest",
        detail=f"{pointer}: {violation.detail}".removeprefix(": "),
        violations=(violation,),
    )


def view(
    request: HTTPConnection,
    status: int,
    *,
    title: str,
    code: str,
    detail: str = "",
    violations: tuple[Violation, ...] = (),
) -> ProblemView:
    """A problem of a request."""
    return ProblemView(
        type=f"urn:oaas:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        instance=request.url.path,
        errors=[ViolationView(pointer=v.pointer, detail=v.detail) for v in violations],
    )


def _status(error: OaasError) -> int:
    return next((STATUS[type_] for type_ in type(error).__mro__ if type_ in STATUS), 500)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, OaasError | msgspec.DecodeError)
    return problem(request, error)


def problem(request: HTTPConnection, error: OaasError | msgspec.DecodeError) -> Response:
    """An error as a response."""
    found = problem_of(request, error)
    return render(found, _HEADERS.get(found.status))


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    violations = []
    for found in error.errors():
        place, *path = found["loc"]
        if found["type"] == "json_invalid":
            text = str(found.get("ctx", {}).get("error", found["msg"]))
            return render(view(request, 400, title="The body is not JSON", code="notJson", detail=text))
        pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
        detail = found["msg"] if place == "body" else f"{place} parameter {'.'.join(map(str, path))}: {found['msg']}"
        violations.append(Violation(pointer if place == "body" else "", detail))
    detail = "; ".join(f"{v.pointer}: {v.detail}".removeprefix(": ") for v in violations[:5])
    title = "The request is not valid"
    return render(view(request, 422, title=title, code="invalidRequest", detail=detail, violations=tuple(violations)))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    titles = {404: ("There is nothing here", "notFound"), 405: ("Method not allowed", "methodNotAllowed")}
    title, code = titles.get(error.status_code, ("The request can't be answered", "httpError"))
    if error.status_code == 413:
        title, code = errors.PayloadTooLarge.title, errors.PayloadTooLarge.code
    detail = f"{request.method} {request.url.path} is not part of this API; see /docs."
    if error.status_code not in titles:
        detail = str(error.detail)
    return render(view(request, error.status_code, title=title, code=code, detail=detail), dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> Response:
    reference = uuid.uuid4().hex[:12]
    log.error("unexpected error", reference=reference, method=request.method, path=request.url.path, exc_info=error)
    detail = f"This is a defect of the node. Its log says more under reference {reference}."
    return render(view(request, 500, title="Unexpected error", code="unexpected", detail=detail))
