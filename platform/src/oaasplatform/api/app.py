"""The public application of a node."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI

from oaasplatform.api import callbacks, openapi, webhooks
from oaasplatform.api.applications import new_application
from oaasplatform.api.dependencies import Services
from oaasplatform.api.node import (
    algorithms,
    batches,
    executions,
    health,
    info,
    instances,
    membership,
    proxy,
    registries,
    repositories,
)


def create_app(services: Services | None, *, max_body_bytes: int, cors_origins: Sequence[str] = ()) -> FastAPI:
    """The node API. Without services it can only describe itself (``/openapi.json``)."""
    app = new_application(services, title="OaaS node", max_body_bytes=max_body_bytes, cors_origins=cors_origins)
    # Last, so that it comes first: nothing else bounds, reads or answers what is meant for an instance.
    app.add_middleware(proxy.InstanceProxy)
    for module in (
        # First come those that are called most, as each request asks one router after the other.
        batches,
        executions,
        repositories,
        algorithms,
        instances,
        webhooks,
        registries,
        info,
        membership,
        health,
    ):
        app.include_router(module.router)
    # Where the API listens at every address, it also gets what instances post to a port that their dialect fixes.
    app.include_router(callbacks.router)
    openapi.install(app, openapi.NODE)
    return app
