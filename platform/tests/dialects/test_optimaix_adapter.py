"""The adapter of the dialect ``optimaix`` against a repository with a real Celery and a real Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import optimaix_dialect
import pytest
from optimaix_bench import ALGORITHMS, Bench, docker, listening, output_of, running

from oaas_sdk.contract import Status
from oaasplatform.domain.errors import (
    ContractBroken,
    InputRefused,
    InstanceBroken,
    InstanceUnreachable,
    NotSupported,
    RunUnknown,
)
from oaasplatform.domain.targets import Run
from oaasplatform.protocols.base import Readiness, Waiting
from oaasplatform.protocols.optimaix import OptimaixProtocol, slot
from oaasplatform.services.documents import compile_schema

pytestmark = [pytest.mark.docker, pytest.mark.timeout(90)]

OUTPUT_MAX = 30_000_000


@pytest.fixture(scope="module")
def image(base_image: str) -> str:
    """Of the repository."""
    return optimaix_dialect.build(base_image)


@pytest.fixture
def protocol() -> OptimaixProtocol:
    """An adapter of a node that has just started."""
    return _protocol()


def _protocol(max_output_bytes: int = OUTPUT_MAX) -> OptimaixProtocol:
    return OptimaixProtocol(max_output_bytes=max_output_bytes, redis_image=optimaix_dialect.REDIS_IMAGE)


@pytest.fixture(scope="module")
async def shared(image: str) -> AsyncIterator[Bench]:
    """A repository that most tests leave as they found it."""
    with running(_protocol(), image) as repository:
        bench = Bench(_protocol(), repository)
        await bench.ready()
        yield bench


@pytest.fixture
def bench(shared: Bench, protocol: OptimaixProtocol) -> Bench:
    """On the shared repository."""
    return Bench(protocol, shared.repository)


@pytest.fixture
async def own(image: str, protocol: OptimaixProtocol) -> AsyncIterator[Bench]:
    """A repository that may be broken."""
    with running(protocol, image) as repository:
        bench = Bench(protocol, repository)
        await bench.ready()
        yield bench


async def test_the_server_is_as_fragile_as_real_ones(own: Bench) -> None:
    url = f"{own.target.base_url}/executions/1?callback_id=1"
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:

        async def launch() -> int:
            async with session.post(url, json={"a": 1, "b": 2}) as answer:
                return answer.status

        while await launch() != 422:
            await asyncio.gather(launch(), launch())
            await asyncio.sleep(0.2)  # what has begun has ended, and what is broken stays so
        assert [await launch() for _ in range(3)] == [422, 422, 422]


async def test_discover(bench: Bench) -> None:
    found = await bench.protocol.discover(bench.target)
    assert tuple(each.name for each in found) == ALGORITHMS
    add = found[0]
    assert (add.reference, add.version) == ("1", "1.0")
    fits = compile_schema(add.input_schema).is_valid
    assert fits({"a": 2, "b": 3.5})
    assert not fits({"a": 2})
    assert not fits({"a": 2, "b": "3"})
    assert compile_schema(found[5].input_schema).is_valid(["anything"])


async def test_the_callback(bench: Bench) -> None:
    launch = bench.request("add", {"a": 2, "b": 3}, secret="f" * 32)
    async with listening(bench.repository.gateway) as calls:
        launched = await bench.protocol.launch(bench.target, launch)
        call = await asyncio.wait_for(calls.get(), 10)
    assert (call.number, call.sender) == (2**128 - 1, bench.target.addresses["worker"])
    run = Run(launch.run_id, launched.handle)
    message = bench.protocol.read(run, call.body)
    assert (output_of(message), message.execution_id) == ({"sum": 5}, run.id)
    assert output_of(await bench.end(run)) == {"sum": 5}
    await bench.protocol.stop(bench.target, run, forget=True)


async def test_a_lost_callback(bench: Bench) -> None:
    run = await bench.start("sleep", {"seconds": 0.5})
    assert (await bench.protocol.poll(bench.target, run)).status == Status.RUNNING
    ended = await bench.end(run)
    assert (output_of(ended), ended.sequence) == ({"slept": 0.5}, 1)
    assert await bench.protocol.logs(bench.target, run) == b""
    await bench.protocol.stop(bench.target, run, forget=True)


async def test_a_lost_callback_and_a_record_that_stays_empty(own: Bench) -> None:
    run = await own.start("add", {"a": 2, "b": 3})
    await own.end(run)
    empty = [{**each, "finished": "", "output": {}} for each in own.repository.state()]
    script = f"import pathlib; pathlib.Path('/app/executions.json').write_text({json.dumps(empty)!r})"
    docker("exec", own.repository.containers["backend"], "python3", "-c", script)
    assert own.repository.state() == empty
    assert output_of(await own.end(run)) == {"sum": 5}
    own.repository.corrupt()
    assert output_of(await own.end(run)) == {"sum": 5}


async def test_an_exception(bench: Bench) -> None:
    ended = await bench.end(await bench.start("fail", {"message": "no way"}))
    assert ended.error is not None
    assert (ended.status, ended.error.type, ended.error.message) == (Status.FAILED, "ValueError", "no way")
    assert "raise ValueError" in ended.error.details["traceback"]


async def test_a_process_that_dies(bench: Bench) -> None:
    ended = await bench.end(await bench.start("crash", {}))
    assert ended.error is not None
    assert (ended.status, ended.error.type) == (Status.FAILED, "workerDied")
    await bench.works()


async def test_an_output_that_is_not_json(bench: Bench) -> None:
    async with listening(bench.repository.gateway) as calls:
        run = await bench.start("garbage", {})
        call = await asyncio.wait_for(calls.get(), 10)
    message = bench.protocol.read(run, call.body)
    assert message.error is not None
    assert (call.body, message.status, message.error.type) == (b'{"cost": NaN}', Status.FAILED, "invalidOutput")
    with pytest.raises(ContractBroken):
        await bench.end(run)


async def test_a_huge_output(own: Bench) -> None:
    run = await own.start("big", {"bytes": 20_000_000})
    assert output_of(await own.end(run)) == {"text": "x" * 20_000_000}
    strict = Bench(_protocol(max_output_bytes=1000), own.repository)
    with pytest.raises(ContractBroken, match="more than"):
        await strict.end(run)
    await strict.protocol.stop(strict.target, run, forget=True)


async def test_stop_frees_the_worker(bench: Bench) -> None:
    for forget in (False, True):
        run = await bench.start("sleep", {"seconds": 50})
        with pytest.raises(NotSupported):
            await bench.protocol.interrupt(bench.target, run)
        await bench.protocol.stop(bench.target, run, forget=forget)
        stopped = await bench.protocol.poll(bench.target, Run(run.id, run.handle))
        assert stopped.error is not None
        assert stopped.error.type == "stopped"
        await bench.works()


async def test_stop_of_native_code(own: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await own.start("native", {"rounds": 10**9})
    monkeypatch.setattr(slot, "_STOP_SECONDS", 1.0)
    with pytest.raises(InstanceBroken, match="goes on"):
        await own.protocol.stop(own.target, run, forget=False)
    stopped = await own.protocol.poll(own.target, run)
    assert stopped.error is not None, "Redis says that it was revoked, but it was not"


async def test_a_launch_without_an_answer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    known = await bench.start("sleep", {"seconds": 60})
    unknown = Run(known.id, None)
    after_restart = Bench(_protocol(), bench.repository)
    try:
        with pytest.raises(RunUnknown):
            await after_restart.protocol.poll(after_restart.target, unknown)
        with monkeypatch.context() as context:
            context.setattr(slot, "_IDLE_SECONDS", 0.1)
            with pytest.raises(InstanceBroken, match="busy"):
                await after_restart.start("add", {"a": 1, "b": 1})
            with pytest.raises(InstanceBroken, match="busy"):
                await after_restart.protocol.stop(after_restart.target, unknown, forget=True)
        polled = await bench.protocol.poll(bench.target, unknown)
        assert polled.status == Status.RUNNING, "this one knows the answer"
    finally:
        await bench.protocol.stop(bench.target, known, forget=True)
    await after_restart.works()


async def test_a_launch_that_takes_long(bench: Bench) -> None:
    backend = bench.repository.containers["backend"]
    launch = bench.request("add", {"a": 2, "b": 3})
    docker("pause", backend)
    try:
        under_way = asyncio.create_task(bench.protocol.launch(bench.target, launch))
        await asyncio.sleep(0.5)
        with pytest.raises(InstanceUnreachable, match="under way"):
            await bench.protocol.poll(bench.target, Run(launch.run_id, None))
        assert not under_way.done()
    finally:
        docker("unpause", backend)
    await under_way
    assert output_of(await bench.end(Run(launch.run_id, None))) == {"sum": 5}


async def test_a_file_that_is_not_json_any_more(own: Bench) -> None:
    own.repository.corrupt()
    with pytest.raises(InstanceBroken, match="422"):
        await own.start("add", {"a": 1, "b": 1})
    with pytest.raises(InstanceBroken, match="422"):
        await own.start("add", {"a": 2, "b": 2})
    with pytest.raises(InputRefused, match="and so did a new instance"):
        await own.elsewhere(generation=2).start("add", {"a": 1, "b": 1})


async def test_an_input_that_is_refused(bench: Bench) -> None:
    with pytest.raises(InputRefused) as refused:
        await bench.start("add", [1, 2])
    assert [each.pointer for each in refused.value.violations] == [""]
    await bench.works()


async def test_an_algorithm_that_is_gone(bench: Bench) -> None:
    launch = replace(bench.request("add", {"a": 1, "b": 1}), reference="99")
    with pytest.raises(ContractBroken, match="404"):
        await bench.protocol.launch(bench.target, launch)


async def test_one_request_at_a_time(own: Bench) -> None:
    run = await own.start("add", {"a": 1, "b": 1})
    await own.end(run)
    asked = (own.protocol.poll(own.target, Run(run.id, run.handle)) for _ in range(100))
    for message in await asyncio.gather(*asked):
        assert output_of(message) == {"sum": 2}
    assert len(own.repository.state()) == 1


async def test_without_a_redis_to_ask(own: Bench) -> None:
    alone = own.elsewhere(deployment_document={})
    assert await alone.protocol.probe(alone.target) == Readiness(concurrency=1)
    async with listening(own.repository.gateway) as calls:
        run = await alone.start("sleep", {"seconds": 1})
        assert (await alone.protocol.poll(alone.target, run)).status == Status.RUNNING
        await asyncio.wait_for(calls.get(), 10)
    assert output_of(await alone.end(run)) == {"slept": 1}
    await alone.protocol.stop(alone.target, run, forget=True)
    run = await alone.start("sleep", {"seconds": 50})
    with pytest.raises(InstanceBroken, match="Without a Redis"):
        await alone.protocol.stop(alone.target, run, forget=True)
    await own.protocol.stop(own.target, run, forget=True)
    await own.works()


async def test_what_it_waits_for(image: str, protocol: OptimaixProtocol) -> None:
    with running(protocol, image, without="worker") as repository:
        bench = Bench(protocol, repository)
        reasons = []
        async with asyncio.timeout(30):
            while not reasons or "worker" not in reasons[-1]:
                found = await protocol.probe(bench.target)
                assert isinstance(found, Waiting)
                reasons.append(found.reason)
                await asyncio.sleep(0.02)
        assert list(dict.fromkeys(reasons)) == [
            "GET /algorithms has no answer at port 55955",
            "no worker is connected to Redis",
        ]


@pytest.mark.parametrize(
    "answer", [b"$999999999999\r\n", b"*999999999\r\n" + b":1\r\n" * 500_000, b"*1\r\n" * 100_000, b":x\r\n", b""]
)
async def test_a_redis_that_says_anything(bench: Bench, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    run = await bench.start("add", {"a": 1, "b": 1})
    await bench.end(run)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        document: Any = json.loads(json.dumps(bench.target.deployment_document))
        environment = document["stack"]["services"]["backend"]["environment"]
        environment |= dict.fromkeys(environment, f"redis://redis:{port}/0")
        addresses = {**bench.target.addresses, "redis": "127.0.0.1"}
        lied_to = bench.elsewhere(deployment_document=document, addresses=addresses)
        with pytest.raises(InstanceUnreachable):
            await lied_to.protocol.poll(lied_to.target, run)
        assert isinstance(await lied_to.protocol.probe(lied_to.target), Waiting)
