"""The adapter of the dialect ``matlab`` against a server that MathWorks' own client takes for a real one."""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import matlab_dialect
import pytest
from dialect import Variant
from matlab_bench import Bench, bench_at, cut_launch, output_of, ready, running, target_at

from oaas_sdk.contract import Status
from oaasplatform.domain.errors import (
    ContractBroken,
    InputRefused,
    InstanceBroken,
    NotSupported,
    RunUnknown,
)
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Readiness, Waiting
from oaasplatform.protocols.matlab import MatlabProtocol, adapter
from oaasplatform.services.documents import compile_schema

pytestmark = [pytest.mark.docker, pytest.mark.timeout(60)]

CLIENT = Path(__file__).parent / "matlab_client.py"
OUTPUT_MAX = 30_000_000


@pytest.fixture(scope="module")
def image(base_image: str) -> str:
    """Of the server."""
    return matlab_dialect.DIALECT.build(base_image, Variant.NORMAL)


@pytest.fixture(scope="module")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """For HTTP."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def protocol(session: aiohttp.ClientSession) -> MatlabProtocol:
    """An adapter of a node that has just started."""
    return MatlabProtocol(session, max_output_bytes=OUTPUT_MAX)


@pytest.fixture(scope="module")
async def server(image: str, session: aiohttp.ClientSession) -> AsyncIterator[Target]:
    """A server with one worker, as microservices have, that most tests share."""
    with running(image) as host:
        target = target_at(host)
        await ready(MatlabProtocol(session, max_output_bytes=OUTPUT_MAX), target)
        yield target


@pytest.fixture
async def bench(protocol: MatlabProtocol, server: Target) -> Bench:
    """On the shared server."""
    return await bench_at(protocol, server)


def test_the_server_is_true_to_mathworks_own_client(server: Target) -> None:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("matlab-prodserver-client has native code for few platforms")
    done = subprocess.run([sys.executable, str(CLIENT), server.base_url], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "add": 5.0,
        "transpose": [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]],
        "next64": 2**60 + 1,
        "big": 100_000,
        "fail": ["conformance:noWay", "no way", "fail"],
        "sleep": 0.5,
        "states": ["PROCESSING", "READY"],
        "async fail": "ERROR",
    }


async def test_discover(bench: Bench) -> None:
    add = bench.algorithms["add"]
    assert add.description == "ADD Adds two numbers."
    assert json.loads(add.reference) == {
        "archive": "conformance",
        "function": "add",
        "inputs": ["a", "b"],
        "outputs": ["sum"],
    }
    assert (set(add.input_schema["properties"]), add.input_schema["required"]) == ({"a", "b"}, ["a", "b"])
    fits = compile_schema(add.input_schema).is_valid
    assert fits({"a": 2, "b": 3.5})
    assert fits({"a": {"mwdata": "NaN"}, "b": {"mwdata": [3], "mwsize": [1, 1], "mwtype": "double"}})
    for wrong in ({"a": 2}, {"a": 2, "b": "3"}, {"a": 2, "b": [3, 4]}, {"a": 2, "b": 3, "c": 4}):
        assert not fits(wrong), wrong


async def test_run(bench: Bench) -> None:
    assert await bench.output("add", {"b": 3, "a": 2}) == {"sum": 5}
    assert await bench.output("total", {"varargin": [1, 2, 3]}) == {"total": 6}
    assert await bench.output("total", {}) == {"total": 0}
    assert (await bench.output("big", {"bytes": 20_000_000}))["text"] == "x" * 20_000_000


async def test_run_that_takes_longer(bench: Bench) -> None:
    run = await bench.start("sleep", {"seconds": 0.5})
    assert (await bench.protocol.poll(bench.target, run)).status == Status.RUNNING
    ended = await bench.until(run, lambda message: message.final)
    assert (output_of(ended), ended.execution_id) == ({"slept": 0.5}, run.id)
    again = await bench.protocol.poll(bench.target, run)
    assert again == ended
    assert await bench.protocol.logs(bench.target, run) == b""
    await bench.protocol.stop(bench.target, run, forget=True)
    with pytest.raises(RunUnknown):
        await bench.protocol.poll(bench.target, run)
    await bench.protocol.stop(bench.target, run, forget=True)


async def test_values_keep_their_types(bench: Bench) -> None:
    extremes = await bench.output("extremes", {})
    assert extremes == {"nan": {"mwdata": "NaN"}, "row": [[{"mwdata": "-Inf"}, 1, {"mwdata": "Inf"}]], "text": "NaN"}
    assert await bench.output("add", {"a": {"mwdata": "-Inf"}, "b": 1}) == {"sum": {"mwdata": "-Inf"}}
    exact = {"mwdata": [2**60], "mwsize": [1, 1], "mwtype": "int64"}
    assert await bench.output("next64", {"n": exact}) == {"m": exact | {"mwdata": [2**60 + 1]}}
    assert await bench.output("roots", {}) == {
        "r": {"mwdata": [0, 1, 0, -1], "mwsize": [2, 1], "mwtype": "double", "mwcomplex": True}
    }
    site = await bench.output("site", {"site": {"name": "Oslo", "cost": 7}})
    assert site["double"] == {"name": "Oslo", "cost": 14}
    assert (site["list"]["mwtype"], site["list"]["mwsize"]) == ("cell", [1, 2])
    assert await bench.output("transpose", {"m": [[1, 2], [3, 4]]}) == {"t": [[1, 3], [2, 4]]}
    for name in ("extremes", "roots", "site", "next64"):
        inputs = {"site": {"site": {"name": "Oslo", "cost": 7}}, "next64": {"n": exact}}
        output = await bench.output(name, inputs.get(name, {}))
        errors = list(compile_schema(bench.algorithms[name].output_schema).iter_errors(output))
        assert not errors, errors[0]


async def test_error_of_the_function(bench: Bench) -> None:
    message = await bench.run("fail", {"message": "no way"})
    assert message.error is not None
    assert (message.status, message.error.type, message.error.message) == (-1, "conformance:noWay", "no way")
    assert message.error.details == {"stack": [{"file": "/opt/fail.m", "name": "fail", "line": 4}]}
    message = await bench.run("object", {})
    assert message.error is not None
    assert (message.error.type, message.status) == ("ReturnTypeNotSupported", -1)


async def test_output_that_is_not_json(bench: Bench) -> None:
    run = await bench.start("garbage", {})
    with pytest.raises(ContractBroken):
        await bench.until(run, lambda message: message.final)
    await bench.protocol.stop(bench.target, run, forget=True)


async def test_wrong_input(bench: Bench) -> None:
    for input in (None, [1, 2], {"a": 1}, {"a": 1, "b": None}, {"a": 1, "b": [[1, 2], [3]]}):
        with pytest.raises(InputRefused):
            await bench.protocol.launch(bench.target, bench.request("add", input))
    with pytest.raises(InputRefused):
        await bench.protocol.launch(bench.target, bench.request("total", {"varargin": 1}))


async def test_output_beyond_the_limit(session: aiohttp.ClientSession, server: Target) -> None:
    bench = await bench_at(MatlabProtocol(session, max_output_bytes=1000), server)
    run = await bench.start("big", {"bytes": 2_000_000})
    with pytest.raises(ContractBroken, match="more than"):
        await bench.until(run, lambda message: message.final)
    await bench.protocol.stop(bench.target, run, forget=True)


async def test_stop_frees_the_worker(bench: Bench) -> None:
    run = await bench.start("sleep", {"seconds": 50})
    queued = await bench.start("sleep", {"seconds": 50})
    assert (await bench.protocol.poll(bench.target, queued)).status == Status.RUNNING
    with pytest.raises(NotSupported):
        await bench.protocol.interrupt(bench.target, run)
    for each in (queued, run):
        await bench.protocol.stop(bench.target, each, forget=False)
        stopped = await bench.protocol.poll(bench.target, each)
        assert stopped.error is not None
        assert (stopped.status, stopped.error.type) == (-1, "stopped")
        await bench.protocol.stop(bench.target, each, forget=True)
    assert await bench.output("add", {"a": 1, "b": 1}) == {"sum": 2}


async def test_stop_and_forget_at_once(bench: Bench) -> None:
    run = await bench.start("sleep", {"seconds": 50})
    await bench.protocol.stop(bench.target, run, forget=True)
    with pytest.raises(RunUnknown):
        await bench.protocol.poll(bench.target, run)
    assert await bench.output("add", {"a": 1, "b": 1}) == {"sum": 2}


async def test_function_that_does_not_stop(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await bench.start("stubborn", {"seconds": 2})
    monkeypatch.setattr(adapter, "_STOP_SECONDS", 0.2)
    with pytest.raises(InstanceBroken):
        await bench.protocol.stop(bench.target, run, forget=False)
    monkeypatch.undo()
    await bench.protocol.stop(bench.target, run, forget=True)


async def test_cut_launch_is_found_again(bench: Bench) -> None:
    assert await bench.output("add", {"a": 1, "b": 1}) == {"sum": 2}
    async with cut_launch(bench) as (target, launch):
        run = Run(launch.run_id, None)
        assert (await bench.protocol.poll(target, run)).status == Status.RUNNING
        repeated = await bench.protocol.launch(target, launch)
        ended = await bench.until(run, lambda message: message.final)
        assert output_of(ended) == {"slept": 1.0}
        assert await bench.until(Run(run.id, repeated.handle), lambda message: message.final) == ended
        await bench.protocol.stop(target, run, forget=True)
        with pytest.raises(RunUnknown):
            await bench.protocol.poll(target, Run(run.id, repeated.handle))


async def test_cut_launch_of_before_a_restart_does_not_run_on(bench: Bench, session: aiohttp.ClientSession) -> None:
    other = await bench.start("add", {"a": 1, "b": 1})
    async with cut_launch(bench) as (target, launch):
        fresh = MatlabProtocol(session, max_output_bytes=OUTPUT_MAX)
        run = Run(launch.run_id, None)
        with pytest.raises(RunUnknown):
            await fresh.poll(target, run)
        assert (await bench.protocol.poll(target, run)).status == Status.RUNNING, "nothing was known, nothing is done"
        await fresh.poll(target, other)
        with pytest.raises(RunUnknown):
            await fresh.poll(target, run)
        with pytest.raises(RunUnknown):
            await bench.protocol.poll(target, run)
    await bench.protocol.stop(bench.target, other, forget=True)


async def test_discovery_is_off(image: str, protocol: MatlabProtocol) -> None:
    with running(image, DISCOVERY="off") as host:
        await ready(protocol, target_at(host))
        with pytest.raises(ContractBroken, match="Register the image with `functions`"):
            await protocol.discover(target_at(host))
        function = {"archive": "hidden", "function": "add", "inputs": ["x", "y"], "outputs": ["z"], "description": "A."}
        target = target_at(host, functions=[function], concurrency=3)
        bench = await bench_at(protocol, target)
        assert await bench.output("add", {"x": 2, "y": 3}) == {"z": 5}
        assert bench.algorithms["add"].description == "A."
        assert await protocol.probe(target) == Readiness(concurrency=3)
        unknown = await bench_at(protocol, target_at(host, functions=[function | {"function": "none"}]))
        with pytest.raises(ContractBroken, match="Function not found"):
            await protocol.launch(target, unknown.request("none", {"x": 1, "y": 2}))


async def test_functions_that_discovery_does_not_list(protocol: MatlabProtocol, server: Target) -> None:
    functions = [
        {"archive": "hidden", "function": "add", "inputs": ["x", "y"]},
        {"archive": "hidden", "function": "transpose", "inputs": ["m"], "outputs": []},
        {"archive": "conformance", "function": "fail", "inputs": ["not", "these"]},
    ]
    bench = await bench_at(protocol, target_at(server.addresses["main"], functions=functions))
    assert {"hidden.add", "conformance.add", "fail"} <= set(bench.algorithms)
    assert await bench.output("hidden.add", {"x": 2, "y": 3}) == {"result": 5}
    assert await bench.output("hidden.transpose", {"m": [[1, 2]]}) == {}
    assert set(bench.algorithms["fail"].input_schema["properties"]) == {"message"}


@pytest.mark.parametrize("claimed", ["http://192.0.2.1/~1/requests/2", "/~1/../../api/health"])
async def test_requests_stay_on_their_server(protocol: MatlabProtocol, image: str, claimed: str) -> None:
    with running(image, CLAIMED_SELF=claimed) as host:
        await ready(protocol, target_at(host))
        bench = await bench_at(protocol, target_at(host))
        with pytest.raises(ContractBroken):
            await protocol.launch(bench.target, bench.request("add", {"a": 1, "b": 2}))


async def test_waiting(image: str, protocol: MatlabProtocol) -> None:
    with running(image, START="slow") as host:
        target = target_at(host)
        reasons = []
        async with asyncio.timeout(20):
            while isinstance(found := await protocol.probe(target), Waiting):
                reasons.append(found.reason)
                await asyncio.sleep(0.1)
        assert list(dict.fromkeys(reasons)) == [
            "GET /api/health has no answer; a MATLAB server may take minutes to start",
            "GET /api/health answers that the server is starting, or has no license",
        ]
        assert found == Readiness(concurrency=1)


async def test_restarted_server_forgets(image: str, protocol: MatlabProtocol, bench: Bench) -> None:
    run = await bench.start("sleep", {"seconds": 0.1})
    with running(image) as host:
        await ready(protocol, target_at(host))
        with pytest.raises(RunUnknown):
            await protocol.poll(target_at(host), run)
    await bench.until(run, lambda message: message.final)
    await bench.protocol.stop(bench.target, run, forget=True)
