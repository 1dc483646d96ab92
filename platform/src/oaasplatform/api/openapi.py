"""The OpenAPI document. Routes on msgspec name their shapes with ``answers``; they are merged in here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import StreamingResponse
from pydantic.json_schema import models_json_schema

from oaasplatform.api.problems import MEDIA_TYPE
from oaasplatform.schemas.base import ProblemView
from oaasplatform.schemas.batches import BatchLine, BatchPage, BatchResult, BatchView
from oaasplatform.schemas.comparisons import ComparisonView
from oaasplatform.schemas.executions import Attempts, ExecutionCreate, ExecutionPage, ExecutionView, ForecastView

_REFERENCE = "#/components/schemas/{name}"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What the document of an API says beside its routes."""

    title: str
    description: str
    structs: tuple[type, ...]
    """Shapes on msgspec that routes name."""


NODE = Contract(
    title="OaaS node",
    description="""
Runs optimization algorithms packed in container images.

Register an image as an **algorithm repository**, deploy it as an **instance** under a quota, run its **algorithms**
as **executions**. Errors are `application/problem+json` (RFC 9457); `code` is stable, `errors` has JSON pointers.
""",
    structs=(
        ExecutionCreate,
        ExecutionView,
        ExecutionPage,
        Attempts,
        ComparisonView,
        BatchLine,
        BatchView,
        BatchPage,
        BatchResult,
        ForecastView,
    ),
)


def _schema(type_: Any) -> dict[str, Any]:
    return {} if type_ is Any else {"$ref": _REFERENCE.format(name=type_.__name__)}


def answers(type_: Any, status: int = 200) -> dict[str, Any]:
    """Keyword arguments of a route that answers with a struct (or with any JSON) that it encodes itself."""
    content = {"application/json": {"schema": _schema(type_)}}
    return {
        "status_code": status,
        "response_class": Response,
        "response_model": None,
        "responses": {status: {"description": "Successful Response", "content": content}},
    }


def accepts(type_: Any) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads a struct itself."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(type_)}}}}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description}


_PREFER = _header("Prefer", "`wait=S`: answer when the run has ended, or after S seconds (RFC 7240).")
BODY: dict[str, Any] = {
    **accepts(ExecutionCreate),
    "parameters": [
        _PREFER,
        _header("Idempotency-Key", "Repeating a request with the same key makes no second run."),
    ],
}
"""``openapi_extra`` of the submission."""


def streams(media_type: str, type_: Any) -> dict[str, Any]:
    """Keyword arguments of a route that answers with lines, each of them a struct."""
    lines = {media_type: {"schema": _schema(type_)}}
    return {
        "response_class": StreamingResponse,
        "response_model": None,
        "responses": {200: {"description": "Lines of JSON", "content": lines}},
    }


def batch(media_type: str) -> dict[str, Any]:
    """Keyword arguments of the route for batches: lines of submissions, answered by lines."""
    submissions = {media_type: {"schema": _schema(ExecutionCreate)}}
    return {
        **streams(media_type, BatchLine),
        "openapi_extra": {"requestBody": {"required": True, "content": submissions}, "parameters": [_PREFER]},
    }


def install(app: FastAPI, contract: Contract) -> None:
    """Give the application its OpenAPI document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, contract)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI, contract: Contract) -> dict[str, Any]:
    document = get_openapi(
        title=contract.title,
        version=version("oaas-platform"),
        description=contract.description.strip(),
        routes=app.routes,
    )
    _, components = msgspec.json.schema_components(contract.structs, ref_template=_REFERENCE)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    _, problems = models_json_schema([(ProblemView, "serialization")], ref_template=_REFERENCE.format(name="{model}"))
    schemas.update(problems["$defs"])
    problem = {"description": "Error", "content": {MEDIA_TYPE: {"schema": _schema(ProblemView)}}}
    # FastAPI describes its own validation error, which we never send.
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
    return document
