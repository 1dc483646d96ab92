"""Errors as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from oaas_sdk.contract import FieldError, Problem

_encoder = msgspec.json.Encoder()


class ProblemError(Exception):
    """Ends a request with a problem.

    Args:
        status: HTTP status.
        code: stable machine-readable name.
        detail: sentence for people.
        errors: places in the document that are wrong.
        headers: of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(title=status.phrase, status=int(status), detail=detail, code=code, errors=list(errors))
        self.headers = headers


def render(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The answer for a problem."""
    return Response(_encoder.encode(problem), problem.status, headers, "application/problem+json")


async def on_problem(request: Request, error: Exception) -> Response:
    """Exception handler for :class:`ProblemError`."""
    assert isinstance(error, ProblemError)
    return render(error.problem, error.headers)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Exception handler for what the framework itself refuses: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    code = status.name.lower()
    problem = Problem(title=status.phrase, status=int(status), detail=error.detail, code=code)
    return render(problem, dict(error.headers or {}))


async def on_exception(request: Request, error: Exception) -> Response:
    """Exception handler for everything else; the framework logs the exception."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render(Problem(title=status.phrase, status=int(status), code="internalError"))
