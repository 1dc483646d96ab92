"""Callbacks: where the changes of an execution are sent to, and how far that has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

URL_LENGTH = 2000


class CallbackState(StrEnum):
    """Whether changes are still sent."""

    ACTIVE = "active"
    DEAD = "dead"
    """Given up: nothing is sent until somebody asks for a replay."""


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Of an execution whose changes have not all been delivered."""

    execution_id: int
    url: str
    state: CallbackState
    delivered: int
    """Number of the newest event that the receiver has acknowledged; 0: none."""
    failures: int
    """In a row."""
    last_error: str | None
    due_at: datetime | None
    """When something is sent next; None: there is nothing to send."""
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, kw_only=True)
class Pending:
    """Somebody who has to hear of changes."""

    execution_id: int
    url: str
    host: str
    """With the port: receivers that may hold each other up."""
    delivered: int
    """Number of the newest change that was acknowledged; 0: none."""
    failures: int
    """In a row."""
    failing_since: datetime | None


@dataclass(frozen=True, kw_only=True)
class CallbackFilter:
    """Which callbacks are wanted; None is no condition."""

    state: CallbackState | None = None


def callback_host(url: str) -> str:
    """The host of a callback URL, without brackets.

    Raises:
        ValueError: it is no URL that anything can be sent to.
    """
    if len(url) > URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(f"give up to {URL_LENGTH} printable ASCII characters, others in percent-encoding")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError("it has to begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("it is shown to whoever sees the execution: leave the password out")
    if not parts.hostname or parts.port == 0:
        raise ValueError("it names no host")
    return parts.hostname
