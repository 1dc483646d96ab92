"""Calling the algorithms of a node::

    from oaas_sdk.client import OaasClient

    with OaasClient() as client:
        plan = client.run("edge-placement", {"sites": ...}, on_progress=lambda execution: print(execution.incumbent))

:class:`AsyncOaasClient` is the same for asyncio; all the work is done there, the blocking client drives it.
"""

from __future__ import annotations

from oaas_sdk.client.aio import AsyncOaasClient
from oaas_sdk.client.blocking import ExecutionHandle, OaasClient
from oaas_sdk.client.errors import (
    ExecutionFailed,
    ExecutionTimeout,
    NodeError,
    NodeUnreachable,
    OaasError,
    UnknownAlgorithm,
)
from oaas_sdk.client.handle import AsyncExecutionHandle
from oaas_sdk.client.models import Algorithm, Execution

__all__ = [
    "Algorithm",
    "AsyncExecutionHandle",
    "AsyncOaasClient",
    "Execution",
    "ExecutionFailed",
    "ExecutionHandle",
    "ExecutionTimeout",
    "NodeError",
    "NodeUnreachable",
    "OaasClient",
    "OaasError",
    "UnknownAlgorithm",
]
