"""What the applications of node and master have in common."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from pydantic.alias_generators import to_camel
from starlette.types import ASGIApp

from oaasplatform.api import problems
from oaasplatform.api.limits import BodyLimit
from oaasplatform.api.origins import OriginGuard


def new_application(services: object, *, title: str, max_body_bytes: int, cors_origins: Sequence[str]) -> FastAPI:
    """An application without routes: bounded bodies, no foreign pages, errors as problems, a page that needs no net."""
    app: FastAPI = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title=title,
        generate_unique_id_function=lambda route: to_camel(route.name),
        swagger_ui_parameters={"displayRequestDuration": True, "tryItOutEnabled": True},
    )
    app.state.services = services
    app.add_middleware(BodyLimit, limit=max_body_bytes)
    app.add_middleware(guarded, cors_origins=cors_origins)
    problems.install(app)
    return app


def guarded(app: ASGIApp, cors_origins: Sequence[str]) -> ASGIApp:
    """The same for web pages: those of the named origins may call it, those of others may not change anything."""
    app = OriginGuard(app, allowed=cors_origins)
    if not cors_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=cors_origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["Location", "Preference-Applied", "Retry-After"],
        max_age=600,
    )
