"""Large messages of instances that lie, break off, or have much to say at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import ContractBroken, InputRefused, InstanceUnreachable
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import LargeReport, Launch, Launched
from oaasplatform.protocols.oaas import OaasProtocol

MIB = 2**20
RUN = Run("17-1", None)
OUTPUT = b'["' + b'x\\"]' * (MIB // 2) + b'"]'
EVEN_NEW = timedelta(hours=-1)
FINAL = b'{"executionId":"17-1","status":0,"sequence":3,"output":' + OUTPUT + b',"log":"hello"}'


class Instance:
    """A server that answers every request with the same bytes."""

    def __init__(self) -> None:
        self.answer = b""
        self.received = b""
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        self.received = await reader.readexactly(int(lengths[0])) if lengths else b""
        writer.write(self.answer)
        writer.close()

    def says(self, body: bytes, status: int = 200, *, length: int | None = None) -> None:
        """What it answers; ``length`` is what it announces."""
        announced = len(body) if length is None else length
        self.answer = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, announced) + body


@pytest.fixture
async def instance() -> AsyncIterator[Instance]:
    """See :class:`Instance`."""
    instance = Instance()
    server = await asyncio.start_server(instance.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    instance.url = f"http://{host}:{port}"
    yield instance
    server.close()


@pytest.fixture
async def protocol(database: Database) -> AsyncIterator[OaasProtocol]:
    """The adapter, with the database behind it."""
    async with aiohttp.ClientSession() as session:
        yield OaasProtocol(session, database.documents, max_output_bytes=8 * MIB, max_log_bytes=MIB)


@pytest.fixture
def target(instance: Instance) -> Target:
    """The instance."""
    return Target(
        instance_id=1,
        generation=1,
        base_url=instance.url,
        addresses={},
        digest="",
        quota_document={},
        deployment_document={},
    )


def _launch(run_id: str = RUN.id) -> Launch:
    return Launch(
        run_id=run_id,
        reference="1",
        input=msgspec.Raw(b"null"),
        callback_url="http://node/callback/17?secret=0",
        secret="0",
        time_limit=None,
        wait=0.1,
    )


async def _stored(database: Database, report: Any) -> bytes:
    assert isinstance(report, LargeReport)
    assert not isinstance(report.output, msgspec.Raw)
    stream = await database.documents.read(report.document.id)
    assert stream.size == report.document.size
    return await stream.whole()


async def test_the_answer_of_a_poll(
    database: Database, instance: Instance, protocol: OaasProtocol, target: Target
) -> None:
    instance.says(FINAL)
    report = await protocol.poll(target, RUN)
    assert (report.status, report.sequence, report.log) == (0, 3, "hello")
    assert await _stored(database, report) == OUTPUT


async def test_the_answer_of_a_launch(
    database: Database, instance: Instance, protocol: OaasProtocol, target: Target
) -> None:
    instance.says(FINAL)
    launched = await protocol.launch(target, _launch())
    assert await _stored(database, launched.message) == OUTPUT


async def test_a_callback(database: Database, protocol: OaasProtocol) -> None:
    async def body() -> AsyncIterator[bytes]:
        for at in range(0, len(FINAL), 60_000):
            yield FINAL[at : at + 60_000]

    assert await _stored(database, await protocol.read_large(RUN, body())) == OUTPUT


async def test_a_line_among_others(
    database: Database, instance: Instance, protocol: OaasProtocol, target: Target
) -> None:
    small = b'{"executionId":"%d-1","status":200,"message":{"executionId":"%d-1","status":0,"sequence":1,"output":1}}\n'
    large = b'{"executionId":"17-1","status":200,"message":' + FINAL + b"}\n"
    instance.says(small % (15, 15) + large + small % (18, 18) + large.replace(b"17-1", b"19-1"))
    found: dict[str, Any] = {}
    runs = [_launch(f"{number}-1") for number in (15, 17, 18, 19)]
    async with protocol.launch_all(target, runs) as answers:
        async for run_id, answer in answers:
            assert isinstance(answer, Launched)
            found[run_id] = answer.message
    assert list(found) == ["15-1", "17-1", "18-1", "19-1"]
    assert [bytes(found[run_id].output) for run_id in ("15-1", "18-1")] == [b"1", b"1"]
    for run_id in ("17-1", "19-1"):
        assert await _stored(database, found[run_id]) == OUTPUT


@pytest.mark.parametrize(
    ("body", "length", "error"),
    [
        (FINAL, len(FINAL) + 1, InstanceUnreachable),
        (FINAL[:-1], None, ContractBroken),
        (FINAL.replace(b"17-1", b"16-1"), None, ContractBroken),
        (FINAL.replace(b'"status":0', b'"status":"fine"'), None, ContractBroken),
        (FINAL[:-1] + b',"output":1}', None, ContractBroken),
        (FINAL[:-1] + b',"more":"' + b"x" * 2 * MIB + b'"}', None, ContractBroken),
        (FINAL + b" " * 9 * MIB, None, ContractBroken),
        (b'{"executionId":"17-1","status":0,"sequence":3,"output":1' + b" " * 2 * MIB + b"x}", None, ContractBroken),
    ],
)
async def test_nothing_is_left_of_what_is_broken(
    database: Database,
    instance: Instance,
    protocol: OaasProtocol,
    target: Target,
    body: bytes,
    length: int | None,
    error: type[Exception],
) -> None:
    instance.says(body, length=length)
    with pytest.raises(error):
        await protocol.poll(target, RUN)
    instance.says(b'{"executionId":"17-1","status":200,"message":' + body + b"}\n", length=length and length + 60)
    with pytest.raises(error):
        async with protocol.launch_all(target, [_launch(), _launch("18-1")]) as answers:
            assert [answer async for answer in answers] == []
    assert await database.documents.sweep(EVEN_NEW) == 0


async def test_a_line_that_nobody_understands_is_nobodys(
    instance: Instance, protocol: OaasProtocol, target: Target
) -> None:
    accepted = b'{"executionId":"%d-1","status":202}\n'
    instance.says(accepted % 15 + b'{"executionId":17}\n' + b"<html>\n" + accepted % 18)
    async with protocol.launch_all(target, [_launch(f"{number}-1") for number in (15, 17, 18)]) as answers:
        assert [run_id async for run_id, _ in answers] == ["15-1", "18-1"]


async def test_a_large_input_is_spliced_in(
    database: Database, instance: Instance, protocol: OaasProtocol, target: Target
) -> None:
    async with database.documents.begin() as upload:
        await upload.write(OUTPUT)
        document = await upload.finish()
    assert not isinstance(document, bytes)
    instance.says(b"{}", 202)
    await protocol.launch_large(target, _launch(), await database.documents.read(document.id))
    sent = msgspec.json.decode(instance.received)
    assert sent == {
        "executionId": "17-1",
        "input": msgspec.json.decode(OUTPUT),
        "callbackUrl": "http://node/callback/17?secret=0",
    }
    instance.says(b'{"title":"not JSON","status":400}', 400)
    with pytest.raises(InputRefused):
        await protocol.launch_large(target, _launch(), await database.documents.read(document.id))
    with pytest.raises(ContractBroken):
        await protocol.launch(target, _launch())
