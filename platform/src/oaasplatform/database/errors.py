"""Turn what drivers raise into the platform's own errors, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tortoise.exceptions import DBConnectionError

from oaasplatform.domain.errors import DatabaseUnavailable

UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection broke within an operation, and nobody has noticed yet
    DBConnectionError,
    ConnectionError,
    TimeoutError,
    OSError,
)
"""What drivers raise when the server can't be reached."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``DatabaseUnavailable`` for everything that says the server can't be reached."""
    try:
        yield
    except UNAVAILABLE as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {error or type(error).__name__}") from error
