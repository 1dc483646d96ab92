"""Calling the algorithms of a node::

    from oaas_sdk.client import OaasClient

    with OaasClient() as client:
        plan = client.run("edge-placement", {"sites": ...}, on_progress=lambda execution: print(execution.incumbent))

:class:`AsyncOaasClient` is the same for asyncio; all the work is done there, the blocking client drives it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "aio": ("AsyncOaasClient",),
    "blocking": ("ExecutionHandle", "OaasClient"),
    "errors": (
        "ExecutionFailed",
        "ExecutionTimeout",
        "NodeError",
        "NodeUnreachable",
        "OaasError",
        "UnknownAlgorithm",
    ),
    "handle": ("AsyncExecutionHandle",),
    "models": ("Algorithm", "Execution"),
}
"""Names by the module that has them: an HTTP client is imported only by those who call something."""

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


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562)."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
