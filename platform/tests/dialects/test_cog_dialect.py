"""The adapter of the dialect ``cog`` against real servers: in Rust as of today, and the last one in Python."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import pairwise
from typing import Any, Protocol

import aiohttp
import cog_dialect
import pytest
from cog_bench import Bench, Reports, output_of, ready, running, target_at
from cog_dialect import COGLET, PYTHON

from oaas_sdk.contract import Status
from oaasplatform.domain.errors import ContractBroken, InputRefused, InstanceBroken, InstanceBusy, RunUnknown
from oaasplatform.domain.targets import Run
from oaasplatform.protocols.base import Readiness, Waiting
from oaasplatform.protocols.cog import CogProtocol, adapter
from oaasplatform.services.documents import compile_schema

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

BOTH = pytest.mark.parametrize("cog", [COGLET, PYTHON])


class OpenBench(Protocol):
    """Starts a server with a model."""

    def __call__(self, model: str, cog: str = COGLET, **environment: str) -> AbstractAsyncContextManager[Bench]: ...


@pytest.fixture
async def protocol() -> AsyncIterator[CogProtocol]:
    """An adapter of a node that has just started."""
    async with aiohttp.ClientSession() as session:
        yield CogProtocol(session, max_message_bytes=30_000_000, max_log_bytes=2**20)


@pytest.fixture
def bench(protocol: CogProtocol, base_image: str) -> OpenBench:
    """To be opened with a model."""

    @asynccontextmanager
    async def opened(model: str, cog: str = COGLET, **environment: str) -> AsyncIterator[Bench]:
        with running(cog_dialect.build(base_image, model, cog), **environment) as server:
            async with Reports().listening(server.gateway) as reports:
                await ready(protocol, server.target)
                yield Bench(protocol, server.target, reports)

    return opened


@BOTH
async def test_a_run_reports(bench: OpenBench, cog: str) -> None:
    async with bench("Count", cog) as on:
        run = await on.start({"steps": 4, "seconds": 2})
        assert run.handle is not None
        assert await on.protocol.probe(on.target) == Readiness(concurrency=1), "busy is ready"
        polled = await on.protocol.poll(on.target, run)
        assert (polled.status, polled.execution_id) == (Status.RUNNING, run.id)
        said = sorted(await on.messages(run), key=lambda message: message.sequence)
        assert output_of(said[-1]) == {"steps": 4}
        assert "Counting: 100%|####| 4/4" in (said[-1].log or "")
        fractions = [message.progress_fraction for message in said[:-1] if message.progress_fraction is not None]
        assert fractions == sorted(fractions)
        assert set(fractions) & {0.25, 0.5, 0.75}, said
        assert any((message.progress_message or "").startswith("Counting: ") for message in said), said
        assert all(earlier.sequence <= later.sequence for earlier, later in pairwise(said))
        assert said[-1].sequence > said[-2].sequence


@BOTH
async def test_asking_starts_nothing(bench: OpenBench, cog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench("Sleep", cog) as on:
        run = await on.start({"seconds": 0.3})
        await on.ended(run)
        for unknown in (Run("17-1", None), Run("17-1", None)):
            with pytest.raises(RunUnknown):
                await on.protocol.poll(on.target, unknown)
        if cog == COGLET:
            assert (await on.protocol.poll(on.target, run)).status == Status.RUNNING, "its end may be under way"
        monkeypatch.setattr(adapter, "_DELIVERY_SECONDS", 0.0)
        with pytest.raises(RunUnknown):
            await on.protocol.poll(on.target, run)
        assert await on.output({"seconds": 0}) == {"slept": 0}
        assert len(on.reports.bodies) == 2, "two runs were wanted, and no more were made"


@BOTH
async def test_a_launch_that_is_repeated(bench: OpenBench, cog: str) -> None:
    async with bench("Sleep", cog) as on:
        launch = on.request({"seconds": 1})
        for _ in range(2):
            launched = await on.protocol.launch(on.target, launch)
            assert launched.message is None
        ended = await on.ended(Run(launch.run_id, launched.handle))
        assert (ended.log or "").count("sleeping 1") == 1


@BOTH
async def test_busy(bench: OpenBench, cog: str) -> None:
    async with bench("Sleep", cog) as on:
        run = await on.start({"seconds": 3})
        with pytest.raises(InstanceBusy):
            await on.start({"seconds": 3})
        await on.protocol.stop(on.target, run, forget=True)
        for _ in range(5):
            assert await on.output({"seconds": 0}) == {"slept": 0}, "a slot is free as soon as its run has ended"


@BOTH
async def test_stop(bench: OpenBench, cog: str) -> None:
    async with bench("Sleep", cog) as on:
        run = await on.start({"seconds": 50})
        await on.logged(run, b"sleeping 50")
        await on.protocol.stop(on.target, run, forget=False)
        log = await on.protocol.logs(on.target, run)
        assert b"sleeping 50" in log
        assert await on.protocol.logs(on.target, run, 9) == log[9:]
        await on.protocol.stop(on.target, run, forget=True)
        assert await on.protocol.logs(on.target, run) == b""
        ended = await on.ended(run)
        assert ended.error is not None
        assert (ended.status, ended.error.type) == (Status.FAILED, "stopped")
        assert await on.output({"seconds": 0}) == {"slept": 0}
        await on.protocol.stop(on.target, Run("17-1", None), forget=True)


@BOTH
async def test_a_model_that_does_not_stop(bench: OpenBench, cog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench("Stubborn", cog) as on:
        run = await on.start({"seconds": 50})
        await on.logged(run, b"not listening")
        monkeypatch.setattr(adapter, "_STOP_SECONDS", 1.0)
        with pytest.raises(InstanceBroken, match="goes on"):
            await on.protocol.stop(on.target, run, forget=False)


@BOTH
async def test_nobody_listens_at_the_end(bench: OpenBench, cog: str) -> None:
    async with bench("Sleep", cog) as on:
        on.reports.status = 503
        run = await on.start({"seconds": 0.2})
        await asyncio.sleep(1.0)  # the run has ended, and the server has tried to say so
        assert run.id not in on.reports.bodies
        assert (await on.protocol.poll(on.target, run)).status == Status.RUNNING
        on.reports.status = 204
        assert output_of(await on.ended(run)) == {"slept": 0.2}


@BOTH
async def test_error_of_the_model(bench: OpenBench, cog: str) -> None:
    async with bench("Fail", cog) as on:
        ended = await on.ended(await on.start({"message": "no way: to Rome"}))
        assert ended.error is not None
        type_ = "ValueError" if cog == COGLET else "predictionFailed"
        assert (ended.error.type, ended.error.message) == (type_, "no way: to Rome")


async def test_a_worker_that_dies(bench: OpenBench) -> None:
    async with bench("Crash") as on:
        ended = await on.ended(await on.start({}))
        assert ended.error is not None
        assert (ended.status, ended.error.type) == (Status.FAILED, "workerDied")
        with pytest.raises(InstanceBroken, match="UNHEALTHY"):
            await on.start({})
        assert isinstance(await on.protocol.probe(on.target), Waiting)


@BOTH
async def test_setup_fails(protocol: CogProtocol, base_image: str, cog: str) -> None:
    image = cog_dialect.patient(cog_dialect.build(base_image, "Broken", cog))
    with running(image) as server, pytest.raises(ContractBroken, match="there are no weights"):
        await ready(protocol, server.target)


async def test_a_server_that_cannot_go_on(protocol: CogProtocol, base_image: str) -> None:
    image = cog_dialect.patient(cog_dialect.build(base_image, "Crash", PYTHON))
    with running(image) as server:
        async with Reports().listening(server.gateway) as reports:
            await ready(protocol, server.target)
            on = Bench(protocol, server.target, reports)
            run = await on.start({})
            ended = await on.ended(run)
            assert ended.error is not None
            assert (ended.status, ended.error.type) == (Status.FAILED, "workerDied")
            with pytest.raises(InstanceBroken):
                await ready(protocol, on.target)
            for asked in (protocol.probe(on.target), protocol.poll(on.target, run), on.start({})):
                with pytest.raises(InstanceBroken, match="DEFUNCT"):
                    await asked


async def test_several_at_a_time(bench: OpenBench) -> None:
    async with bench("Together", COG_MAX_CONCURRENCY="3") as on:
        on.target = target_at(on.target.addresses["main"], concurrency=3)
        assert await on.protocol.probe(on.target) == Readiness(concurrency=3)
        runs = [await on.start({"seconds": seconds}) for seconds in (50, 1, 50)]
        with pytest.raises(InstanceBusy):
            await on.start({"seconds": 0})
        await on.protocol.stop(on.target, runs[0], forget=True)
        assert [(await on.protocol.poll(on.target, run)).status for run in runs[1:]] == [Status.RUNNING] * 2
        assert output_of(await on.ended(runs[1])) == {"slept": 1}
        assert b"sleeping 50" in await on.protocol.logs(on.target, runs[2])
        await on.protocol.stop(on.target, runs[2], forget=True)


async def test_the_server_in_python_gets_one_run_at_a_time(bench: OpenBench) -> None:
    async with bench("Add", PYTHON) as on:
        target = target_at(on.target.addresses["main"], concurrency=3)
        assert await on.protocol.probe(target) == Readiness(concurrency=1)


@BOTH
async def test_pieces(bench: OpenBench, cog: str) -> None:
    for model, expected in (("Pieces", ["word 0", "word 1"]), ("Text", ["0 ", "1 "])):
        async with bench(model, cog) as on:
            [found] = await on.protocol.discover(on.target)
            output = await on.output({"words": 2})
            assert output == expected
            assert found.output_schema["type"] == "array"
            assert compile_schema(found.output_schema).is_valid(output)


@BOTH
async def test_typed_inputs(bench: OpenBench, cog: str) -> None:
    async with bench("Typed", cog) as on:
        on.target = target_at(on.target.addresses["main"], algorithm="planner")
        [found] = await on.protocol.discover(on.target)
        assert (found.name, found.reference) == ("planner", "planner")
        schema = found.input_schema
        assert schema["properties"]["weight"] | {"title": ""} == {
            "type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "title": "", "x-order": 1,
        }  # fmt: skip
        assert schema["$defs"]["mode"]["enum"] == ["cost", "delay"]
        fits = compile_schema(schema).is_valid
        full: dict[str, Any] = {"mode": "delay", "weight": 1, "sites": ["Oslo"], "seed": 7}
        picture = "data:text/plain;base64,aGVsbG8="
        for right in ({"sites": []}, full, full | {"seed": None}, {"sites": ["a"], "picture": picture}):
            assert fits(right), right
        wrong = [{}, {"sites": "Oslo"}, *({"sites": [], **each} for each in _WRONG)]
        for each in wrong:
            assert not fits(each), each
            with pytest.raises(InputRefused):
                await on.start(each)
        with pytest.raises(InputRefused) as refused:
            await on.start({"sites": [], "weight": "much"})
        assert [violation.pointer for violation in refused.value.violations] == ["/weight"]
        assert await on.output(full | {"picture": picture}) == full | {"picture": "hello"}


_WRONG: list[dict[str, Any]] = [{"mode": "speed"}, {"weight": 2}, {"weight": -0.1}, {"sites": [1]}, {"seed": 0.5}]


async def test_large_input_and_output(bench: OpenBench) -> None:
    async with bench("Fail") as on:
        ended = await on.ended(await on.start({"message": "x" * 5_000_000}))
        assert ended.error is not None
        assert len(ended.error.message) == 5_000_000


async def test_messages_are_checked(protocol: CogProtocol) -> None:
    run = Run("17-1", "accepted")
    for body in (
        b"", b"7", b"[]", b"{}", b'{"id": "17-1"}', b'{"id": "17-1", "status": "done"}', b'{"status": "failed"}',
        b'{"id": "17-2", "status": "processing"}', b'{"id": "17-1", "status": "processing", "logs": 7}',
        b'{"id": "17-1", "status": "failed", "error": {}}', b'{"id": "17-1", "status": "succeeded", "output": }',
        b'{"id": "17-1", "status": "succeeded", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ):  # fmt: skip
        with pytest.raises(ContractBroken):
            protocol.read(run, body)
    silent = protocol.read(run, b'{"id": "17-1", "status": "succeeded"}')
    assert output_of(silent) is None
