"""What Cog servers write, as far as it is read: the Python server (until 0.16) and coglet (since 0.17)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from oaasplatform.domain.errors import ContractBroken, Violation
from oaasplatform.protocols.calls import Answer, decode

DIALECT = "Cog's HTTP API"


class _Answer(msgspec.Struct, kw_only=True):
    """Common settings. Fields that are not listed are ignored: servers of newer releases have more."""


class Health(StrEnum):
    """Of a server, and so of its model."""

    UNKNOWN = "UNKNOWN"
    STARTING = "STARTING"
    READY = "READY"
    BUSY = "BUSY"
    SETUP_FAILED = "SETUP_FAILED"
    DEFUNCT = "DEFUNCT"
    UNHEALTHY = "UNHEALTHY"


class Setup(_Answer):
    """What became of the model's ``setup``."""

    logs: str = ""


class Version(_Answer):
    """Of the parts of a server."""

    coglet: str | None = None
    """Absent from the Python server."""


class HealthCheck(_Answer):
    """``GET /health-check``"""

    status: Health
    setup: Setup | None = None
    version: Version = msgspec.field(default_factory=Version)
    user_healthcheck_error: str | None = None

    @property
    def tells_of_runs(self) -> bool:
        """Whether the server can be asked about a single run without starting it: coglet can."""
        return self.version.coglet is not None


class State(StrEnum):
    """Of a prediction."""

    STARTING = "starting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class Prediction(_Answer):
    """A run: body of webhooks, and answer of ``PUT /predictions/{id}``."""

    id: str
    status: State
    output: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    error: str | None = None
    logs: str | None = None
    """Everything so far."""


class Components(_Answer):
    """Of an OpenAPI document."""

    schemas: dict[str, Any] = {}


class Document(_Answer):
    """``GET /openapi.json``"""

    components: Components = msgspec.field(default_factory=Components)


class _Complaint(_Answer):
    loc: list[str | int] = []
    msg: str = ""


class _Refusal(_Answer):
    detail: str | list[_Complaint] = ""
    error: str = ""


def refusal_in(answer: Answer) -> tuple[str, tuple[Violation, ...]]:
    """What an answer with an error status says, for people, and where the input is wrong."""
    try:
        refusal = decode(answer.body, _Refusal, DIALECT)
    except ContractBroken:
        return answer.excerpt or f"HTTP status {answer.status}", ()
    if isinstance(refusal.detail, str):
        return refusal.detail or refusal.error or answer.excerpt, ()
    violations = tuple(Violation(_pointer(each.loc), each.msg) for each in refusal.detail)
    return "; ".join(f"{each.pointer}: {each.detail}".removeprefix(": ") for each in violations[:5]), violations


def _pointer(loc: list[str | int]) -> str:
    """Into the input, of a place like ``["body", "input", "seconds"]``."""
    steps = [step for step in loc[2:] if step != "__root__"]
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
