"""The public application of a node."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from pydantic.alias_generators import to_camel

from oaasplatform.api import callbacks, openapi, problems
from oaasplatform.api.dependencies import Services
from oaasplatform.api.limits import BodyLimit
from oaasplatform.api.node import (
    algorithms,
    batches,
    executions,
    health,
    info,
    instances,
    proxy,
    registries,
    repositories,
    webhooks,
)
from oaasplatform.api.origins import OriginGuard


def create_app(services: Services | None, *, max_body_bytes: int, cors_origins: Sequence[str] = ()) -> FastAPI:
    """The node API. Without services it can only describe itself (``/openapi.json``)."""
    app: FastAPI = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title="OaaS node",
        generate_unique_id_function=lambda route: to_camel(route.name),
        swagger_ui_parameters={"displayRequestDuration": True, "tryItOutEnabled": True},
    )
    app.state.services = services
    app.add_middleware(BodyLimit, limit=max_body_bytes)
    app.add_middleware(OriginGuard, allowed=cors_origins)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Location", "Preference-Applied", "Retry-After"],
            max_age=600,
        )
    # Last, so that it comes first: nothing here bounds, reads or answers what is meant for an instance.
    app.add_middleware(proxy.InstanceProxy)
    problems.install(app)
    for module in (repositories, algorithms, instances, batches, executions, webhooks, registries, info, health):
        app.include_router(module.router)
    # Where the API listens at every address, it also gets what instances post to a port that their dialect fixes.
    app.include_router(callbacks.router)
    openapi.install(app)
    return app
