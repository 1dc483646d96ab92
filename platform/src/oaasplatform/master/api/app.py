"""The public application of a master."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI

from oaasplatform.api import openapi
from oaasplatform.api.applications import new_application
from oaasplatform.master.api import algorithms, health, info, metrics, nodes, passing
from oaasplatform.master.api.dependencies import Services
from oaasplatform.schemas.federation import Heartbeat, HeartbeatAnswer, JoinAnswer, JoinRequest

_CONTRACT = openapi.Contract(
    title="OaaS Master",
    description="""
One door to many nodes that run optimization algorithms.

Nodes **join** with a token and report what they have. Each node's own API is below
`/algorithmRepositories/{oaasNodeId}`, `/algorithmRepositoriesInstances/{oaasNodeId}` and
`/algorithmExecutions/{oaasNodeId}`. Errors are `application/problem+json` (RFC 9457); `code` is stable, `errors` has
JSON pointers.
""",
    structs=(JoinRequest, JoinAnswer, Heartbeat, HeartbeatAnswer),
)


def create_app(services: Services | None, *, max_body_bytes: int, cors_origins: Sequence[str] = ()) -> FastAPI:
    """The master API. Without services it can only describe itself (``/openapi.json``)."""
    app = new_application(services, title="OaaS Master", max_body_bytes=max_body_bytes, cors_origins=cors_origins)
    # Last, so that it comes first: nothing else bounds, reads or answers what is meant for a node.
    app.add_middleware(passing.NodePassage, cors_origins=cors_origins)
    for module in (nodes, algorithms, info, health, metrics):
        app.include_router(module.router)
    openapi.install(app, _CONTRACT)
    return app
