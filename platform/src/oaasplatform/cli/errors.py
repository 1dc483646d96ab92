"""How a command ends when it can't do what it was asked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Failure(Exception):
    """Ends the command: one sentence on stderr, what to do about it, exit code 1."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str | None = None, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.details = tuple(details)
        """Lines between the sentence and the advice."""


class Misuse(Failure):
    """The command was called in a wrong way: exit code 2."""

    exit_code = 2


class Refused(Failure):
    """The node answered with an error (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        errors = problem.get("errors") or []
        super().__init__(
            str(problem.get("detail") or problem.get("title") or f"The node answered with HTTP status {status}."),
            details=[f"{error.get('pointer') or '(whole document)'}: {error.get('detail')}" for error in errors],
        )
        self.status = status
        self.code = str(problem.get("code", ""))
