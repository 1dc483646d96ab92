"""OaaS SDK: write algorithm repositories for the OaaS Platform, and call them.

An algorithm is one typed function::

    from oaas_sdk import algorithm, progress

    @algorithm
    def double(input: float) -> float:
        \"\"\"Doubles a number.\"\"\"
        progress(0.5, "half-way")
        return 2 * input

``oaas-sdk serve`` makes it an algorithm repository; ``oaas_sdk.client`` calls algorithms of a node.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oaas_sdk.author.context import incumbent, progress, should_stop
    from oaas_sdk.author.errors import AlgorithmError
    from oaas_sdk.author.repository import Repository, algorithm

__all__ = [
    "AlgorithmError",
    "Repository",
    "algorithm",
    "incumbent",
    "progress",
    "should_stop",
]

# Names are imported when first used: a node that wants the contract only, and the server process, which never runs
# an algorithm itself, shall not pay for pydantic.
_HOMES = {
    "AlgorithmError": "oaas_sdk.author.errors",
    "Repository": "oaas_sdk.author.repository",
    "algorithm": "oaas_sdk.author.repository",
    "incumbent": "oaas_sdk.author.context",
    "progress": "oaas_sdk.author.context",
    "should_stop": "oaas_sdk.author.context",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
