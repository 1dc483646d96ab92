"""Errors of the author's side."""

from __future__ import annotations

from typing import Any

from oaas_sdk.contract import FieldError


class AlgorithmError(Exception):
    """Raised by an algorithm to end its run with an error of its own, for example an infeasible input.

    Args:
        type: short machine-readable name, for example ``"infeasible"``; callers branch on it.
        message: sentence for people.
        details: anything JSON that helps the caller, for example the constraints that conflict.
    """

    def __init__(self, type: str, message: str = "", *, details: Any = None) -> None:
        super().__init__(message or type)
        self.type = type
        self.message = message
        self.details = details


class RepositoryError(Exception):
    """The project is not a usable algorithm repository; the message says what to change."""


class InvalidInput(Exception):
    """An input document does not fit the input type of its algorithm."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer or '(document)'}: {error.detail}" for error in errors))
        self.errors = errors


class InvalidOutput(Exception):
    """What an algorithm returned does not fit its output type, or is not JSON."""

    def __init__(self, message: str, errors: list[FieldError]) -> None:
        super().__init__(message)
        self.errors = errors
