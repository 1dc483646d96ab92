"""The connection to the engine: opened when it is first needed, with time limits, and with our errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiodocker import Docker
from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import EngineUnavailable

CALL_SECONDS = 30.0
"""For calls that take milliseconds on a healthy engine."""
_PROBE_SECONDS = 5.0
NOT_FOUND, CONFLICT = 404, 409
NO_CONNECTION = 900
"""Status that aiodocker gives an engine that could not be reached."""


class Engine:
    """One engine, found by ``url`` or, without it, as the ``docker`` command finds it (``DOCKER_HOST``, contexts)."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._calls: Docker | None = None
        self._streams: Docker | None = None

    @asynccontextmanager
    async def ask(self, seconds: float = CALL_SECONDS) -> AsyncIterator[Docker]:
        """A client for short calls, all of them together within some seconds.

        Raises:
            EngineUnavailable: also for every ``DockerError`` that the block does not handle itself.
        """
        try:
            async with asyncio.timeout(seconds):
                if self._calls is None:
                    self._calls = self._connect()
                yield self._calls
        except TimeoutError as error:
            raise EngineUnavailable(f"The Docker engine did not answer within {seconds:g} seconds.") from error
        except DockerError as error:
            raise EngineUnavailable(_explained(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise EngineUnavailable(f"The connection to the Docker engine failed: {error}.") from error

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, Any], *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """The raw body of an answer that may go on for ever.

        Streams have a client of their own: a client limits its connections, and those who follow logs must not take
        them from the calls above.

        Raises:
            DockerError: the engine refused.
            EngineUnavailable: it can't be reached, or the stream broke off.
        """
        if self._streams is None:
            self._streams = self._connect()
        try:
            # aiodocker's own streams decode text, drop what is not UTF-8, and stay open when they are abandoned.
            async with self._streams._query(
                path, method, params=dict(params), headers=headers, timeout=None
            ) as response:
                try:
                    yield response.content
                finally:
                    response.close()
        except DockerError as error:
            if error.status == NO_CONNECTION:
                raise EngineUnavailable(_explained(error)) from error
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise EngineUnavailable(f"The connection to the Docker engine broke off: {error}.") from error

    @property
    def is_local(self) -> bool:
        """Whether the engine shares a machine with the node; known after the first call."""
        # The connection over SSH is a Unix socket of another kind.
        return self._calls is not None and type(self._calls.connector) is aiohttp.UnixConnector

    async def close(self) -> None:
        """Close all connections."""
        clients, self._calls, self._streams = (self._calls, self._streams), None, None
        for client in clients:
            if client is not None:
                await client.close()

    def _connect(self) -> Docker:
        try:
            return Docker(self._url)
        except AssertionError:
            # How aiodocker says that it found neither a setting nor a socket.
            raise EngineUnavailable(
                "No Docker engine is here: there is no socket, and DOCKER_HOST is not set."
            ) from None
        except (ValueError, DockerError, OSError) as error:
            raise EngineUnavailable(f"The address of the Docker engine is not usable: {error}.") from error


async def engine_answers(url: str | None = None) -> str | None:
    """None when an engine that can run our containers answers; otherwise a sentence that says why not."""
    engine = Engine(url)
    try:
        async with engine.ask(_PROBE_SECONDS) as docker:
            system = (await docker.version()).get("Os", "linux")
    except EngineUnavailable as error:
        return error.detail
    finally:
        await engine.close()
    return None if system == "linux" else f"The Docker engine runs {system} containers; Linux ones are needed."


def _explained(error: DockerError) -> str:
    if error.status == NO_CONNECTION:
        return f"{error.message}."
    return f"The Docker engine answered with an error: {error.message}"
