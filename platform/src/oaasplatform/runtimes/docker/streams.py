"""What goes on and on: logs and events."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import EngineUnavailable
from oaasplatform.runtimes.docker.engine import CONFLICT, NOT_FOUND, Engine
from oaasplatform.runtimes.docker.labels import of_node

_FRAME = struct.Struct(">BxxxL")
"""Header of a piece of output: which stream it is of, and how long it is."""
_CHANGES = ["create", "start", "die", "oom", "stop", "pause", "unpause", "destroy"]


async def read_logs(
    engine: Engine,
    unit_id: str,
    *,
    tail: int | None,
    follow: bool,
    stdout: bool = True,
    stderr: bool = True,
    timestamps: bool = False,
) -> AsyncIterator[bytes]:
    """See ``Runtime.logs``. With ``timestamps`` each chunk begins with the time it was written, and a space."""
    params = {
        "timestamps": "1" if timestamps else "0",
        "stdout": "1" if stdout else "0",
        "stderr": "1" if stderr else "0",
        "follow": "1" if follow else "0",
        "tail": "all" if tail is None else str(tail),
    }
    try:
        async with engine.stream(f"containers/{unit_id}/logs", params) as stream:
            async for piece in _pieces(stream):
                yield piece
    except DockerError as error:
        # 409 while it is being removed.
        if error.status not in (NOT_FOUND, CONFLICT):
            raise EngineUnavailable(f"The Docker engine can't read the log: {error.message}") from error


async def watch_events(engine: Engine, node_id: str) -> AsyncIterator[None]:
    """See ``Runtime.events``."""
    params = of_node(node_id, type=["container"], event=_CHANGES)
    try:
        async with engine.stream("events", params) as stream:
            yield None
            while line := await stream.readline():
                await _settle(engine, json.loads(line))
                yield None
    except (DockerError, EngineUnavailable):
        # The engine went away. Whoever needs it will find out when asking it something.
        return


async def _settle(engine: Engine, event: Mapping[str, Any]) -> None:
    """Wait until the engine's lists show what an event tells.

    They lag behind: a container that has just died is listed as running. To inspect it waits for its lock, which the
    engine holds until it has updated everything.
    """
    async with engine.ask() as docker:
        try:
            await docker.containers.get(event["Actor"]["ID"])
        except DockerError as error:
            if error.status != NOT_FOUND:
                raise


async def _pieces(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The output without the headers between its pieces."""
    while True:
        try:
            _, length = _FRAME.unpack(await stream.readexactly(_FRAME.size))
            piece = await stream.readexactly(length)
        except asyncio.IncompleteReadError:
            return
        if piece:
            yield piece
