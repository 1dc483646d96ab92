"""Short conversations with a Redis server that is as untrusted as the rest of an instance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import InvalidResponse, RedisError

from oaasplatform.domain.errors import InstanceUnreachable
from oaasplatform.protocols.optimaix.stack import RedisPlace

_CONNECT_SECONDS = 1.0
_SECONDS = 5.0


@asynccontextmanager
async def conversation(place: RedisPlace, *, limit: int, seconds: float = _SECONDS) -> AsyncIterator[Redis]:
    """A client with a connection of its own, for some seconds and ``limit`` bytes of answers, all together.

    Raises:
        InstanceUnreachable: the server can't be reached, refuses, breaks off, is too slow, or says too much.
    """
    pool = ConnectionPool(
        connection_class=_Frugal,
        allowance=limit,
        host=place.host,
        port=place.port,
        db=place.database,
        username=place.username,
        password=place.password,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    client = Redis.from_pool(pool)
    try:
        async with asyncio.timeout(seconds):
            yield client
    except (RedisError, OSError, ValueError, RecursionError) as error:
        # The latter two are what the client's parser makes of nonsense.
        raise InstanceUnreachable(f"Redis at {place.host}: {error or type(error).__name__}") from error
    finally:
        await client.aclose()


class _Frugal(Connection):
    """A connection that reads a number of bytes at most."""

    def __init__(self, *, allowance: int, **options: Any) -> None:
        super().__init__(**options)
        self._allowance = allowance

    async def _connect(self) -> None:
        await super()._connect()  # type: ignore[no-untyped-call]
        assert self._reader is not None
        self._reader = _Allowance(self._reader, self._allowance)  # type: ignore[assignment]


class _Allowance:
    """A stream that ends with an error after some bytes: servers may announce answers of any length."""

    def __init__(self, reader: asyncio.StreamReader, left: int) -> None:
        self._reader = reader
        self._left = left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def read(self, length: int = -1) -> bytes:
        return self._counted(await self._reader.read(length))

    async def readline(self) -> bytes:
        return self._counted(await self._reader.readline())

    async def readexactly(self, length: int) -> bytes:
        if length > self._left:
            raise InvalidResponse("it answers more than was to be expected")
        return self._counted(await self._reader.readexactly(length))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise InvalidResponse("it answers more than was to be expected")
        return data
