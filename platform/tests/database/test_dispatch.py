"""Launches in a real PostgreSQL, on an instance that answers a batch of them with nonsense in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from world import World

from oaasplatform.domain.executions import Execution, ExecutionState
from oaasplatform.protocols.oaas import OaasProtocol
from oaasplatform.services.dispatch import DispatchService
from oaasplatform.services.status_messages import StatusMessageService
from oaasplatform.services.supervision import SupervisionService

MIB = 2**20


@pytest.fixture
async def dispatch(world: World) -> AsyncIterator[DispatchService]:
    """What the process that leads has."""
    async with aiohttp.ClientSession() as session:
        documents = world.database.documents
        protocols = {"oaas": OaasProtocol(session, documents, max_output_bytes=4 * MIB, max_log_bytes=MIB)}
        messages = StatusMessageService(world.database, max_output_bytes=4 * MIB, max_log_bytes=MIB, poll_seconds=60)
        service = DispatchService(
            world.database,
            protocols,
            messages,
            SupervisionService(world.database, protocols, messages, poll_seconds=60),
            instances_changed=asyncio.Event(),
            term=0,
            callback_url="http://127.0.0.1:1",
            user_limit=None,
        )
        yield service
        await service.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(b"<html>\n", id="a line"),
        pytest.param(b"x" * 2 * MIB + b"\n", id="a large line"),
        pytest.param(b"x" * 6 * MIB, id="without end"),
    ],
)
async def test_nobody_fails_for_what_is_said_about_nobody(
    world: World, dispatch: DispatchService, nonsense: bytes
) -> None:
    await world.database.instances.delete(world.instance.id)
    first, *others = [await world.submit() for _ in range(3)]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        run = b"%d-1" % first.id
        message = b'{"executionId":"%s","status":0,"sequence":1,"output":1,"log":""}' % run
        body = b'{"executionId":"%s","status":200,"message":%s}\n' % (run, message) + nonsense
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    instance = await world.new_instance(concurrency=3, launch_batch=3, url=f"http://{host}:{port}")
    assert [each.id for each in await world.database.claims.ready()] == [instance.id]
    await dispatch.dispatch()
    await _launched(first, *others)
    states = [(await world.database.executions.get(each.id)).state for each in (first, *others)]
    assert states == [ExecutionState.SUCCEEDED, ExecutionState.STARTING, ExecutionState.STARTING]
    server.close()


async def _launched(*executions: Execution) -> None:
    """Wait until it is written down what became of the launches of first attempts."""
    runs = [f"{each.id}-1" for each in executions]
    async with asyncio.timeout(20):
        while tasks := [task for task in asyncio.all_tasks() if any(run in task.get_name() for run in runs)]:
            await asyncio.wait(tasks)
