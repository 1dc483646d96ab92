"""Who ended an execution before its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oaasplatform.domain.executions import FailureType


@dataclass(frozen=True, kw_only=True)
class Canceller:
    """Who stops an execution, and why."""

    user_id: str | None = None
    """None: the operator of the node."""
    reason: str | None = None


def cancelled(by: Canceller) -> dict[str, Any]:
    """The ``error`` of an execution that is stopped."""
    who = "the operator" if by.user_id is None else f"user {by.user_id}"
    message = f"The execution was stopped by {who}{f': {by.reason}' if by.reason else '.'}"
    return {"type": FailureType.CANCELLED.value, "message": message, "details": {"by": by.user_id, "reason": by.reason}}


def canceller_of(error: dict[str, Any] | None) -> Canceller | None:
    """Who stopped the execution that ended with an error; None if nobody did."""
    if error is None or error["type"] != FailureType.CANCELLED:
        return None
    details = error.get("details") or {}
    return Canceller(user_id=details.get("by"), reason=details.get("reason"))
