"""The SDK's clients against a real node."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
from nodes import Node

from oaas_sdk.client import (
    AsyncOaasClient,
    Execution,
    ExecutionFailed,
    ExecutionTimeout,
    NodeError,
    NodeUnreachable,
    OaasClient,
    UnknownAlgorithm,
)


@pytest.fixture
async def client(node: Node) -> AsyncIterator[AsyncOaasClient]:
    """A client of the node."""
    async with AsyncOaasClient(node.url) as client:
        yield client


@pytest.fixture
def blocking(node: Node) -> Iterator[OaasClient]:
    """A blocking client of the node."""
    with OaasClient(node.url) as client:
        yield client


class LossyLink:
    """Passes connections on to a node, and breaks the first ones after the node has got the request."""

    def __init__(self, target: str, losses: int) -> None:
        self.losses = losses
        self._port = int(target.rpartition(":")[2])

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        node_reader, node_writer = await asyncio.open_connection("127.0.0.1", self._port)

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, lossy: bool) -> None:
            while data := await source.read(65536):
                if lossy and self.losses > 0:
                    self.losses -= 1
                    writer.transport.abort()
                    return
                target.write(data)
                await target.drain()

        await asyncio.wait(
            [
                asyncio.create_task(copy(reader, node_writer, lossy=False)),
                asyncio.create_task(copy(node_reader, writer, lossy=True)),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
        writer.close()
        node_writer.close()


async def test_run_gives_the_output(client: AsyncOaasClient, noop_instance: int) -> None:
    assert await client.run("noop", {"numbers": [1, 2, 3.5]}, instance_id=noop_instance) == {"sum": 6.5}


async def test_progress_is_reported_until_the_end(client: AsyncOaasClient, noop_instance: int) -> None:
    seen: list[Execution] = []
    output = await client.run("search", 1.0, on_progress=seen.append, instance_id=noop_instance)
    assert output["interrupted"] is False
    assert seen[-1].succeeded
    fractions = [each.progress_fraction for each in seen if each.progress_fraction is not None]
    assert len(fractions) >= 2
    assert fractions == sorted(fractions)
    assert any(each.incumbent and each.incumbent.bound == 1.0 for each in seen)


async def test_a_failed_execution_is_an_error(client: AsyncOaasClient, noop_instance: int) -> None:
    with pytest.raises(ExecutionFailed, match="infeasible: no capacity left") as caught:
        await client.run("fail", "infeasible", instance_id=noop_instance)
    assert caught.value.error is not None
    assert caught.value.error.details == {"missing": 3}
    assert await client.handle(caught.value.execution.id).logs() == "about to fail\n"
    with pytest.raises(ExecutionFailed):
        await client.result(caught.value.execution.id)


async def test_bad_input_has_pointers(client: AsyncOaasClient, noop_instance: int) -> None:
    with pytest.raises(NodeError) as caught:
        await client.run("noop", {"numbers": ["one"]}, instance_id=noop_instance)
    assert caught.value.status == 422
    assert [each.pointer for each in caught.value.errors] == ["/input/numbers/0"]
    with pytest.raises(ValueError, match="NaN"):
        await client.run("noop", {"numbers": [float("nan")]}, instance_id=noop_instance)


async def test_unknown_names_and_nodes(client: AsyncOaasClient, noop_instance: int) -> None:
    with pytest.raises(UnknownAlgorithm, match="no-such"):
        await client.run("no-such", {}, instance_id=noop_instance)
    with pytest.raises(NodeError) as caught:
        await client.handle(2**40).refresh()
    assert caught.value.status == 404
    async with AsyncOaasClient("http://127.0.0.1:9", retry_for=0.5) as nobody:
        with pytest.raises(NodeUnreachable, match=r"127\.0\.0\.1:9"):
            await nobody.algorithms()


async def test_a_name_may_have_its_repository(client: AsyncOaasClient, noop_instance: int) -> None:
    algorithms = await client.algorithms(search="noop")
    names = {f"{each.algorithm_repository_name}/{each.name}" for each in algorithms}
    assert "sample/noop" in names
    assert await client.run("sample/noop", {"numbers": [2]}) == {"sum": 2}
    by_id = next(each.id for each in algorithms if each.algorithm_repository_name == "sample" and each.name == "noop")
    assert await client.run(by_id, {"numbers": [3]}, instance_id=noop_instance) == {"sum": 3}


async def test_interrupt_and_stop(client: AsyncOaasClient, noop_instance: int) -> None:
    handle = await client.submit("search", 60, instance_id=noop_instance)
    with pytest.raises(ExecutionTimeout):
        await handle.result(timeout=0.2)
    async for execution in handle.events():
        if execution.incumbent is not None:
            break
    await handle.interrupt()
    assert (await handle.result(timeout=20))["interrupted"] is True
    other = await client.submit("search", 60, instance_id=noop_instance)
    assert (await other.stop()).state == "cancelled"
    with pytest.raises(ExecutionFailed, match="cancelled"):
        await other.result()


async def test_timeout_and_time_limit(client: AsyncOaasClient, noop_instance: int) -> None:
    seen: list[Execution] = []
    with pytest.raises(ExecutionTimeout) as caught:
        await client.run("search", 60, on_progress=seen.append, instance_id=noop_instance, timeout=0.6)
    assert seen
    await client.handle(caught.value.execution.id).stop()
    with pytest.raises(ExecutionFailed, match="timed out"):
        await client.run("search", 60, instance_id=noop_instance, max_running_time=0.5)


async def test_a_large_output_is_fetched(client: AsyncOaasClient, noop_instance: int) -> None:
    assert len(await client.run("large", 1_000_000, instance_id=noop_instance)) == 1_000_000


async def test_line_separators_do_not_cut_events(client: AsyncOaasClient, noop_instance: int) -> None:
    text = "a\u2028b\x85c\r\nd\x1e"
    seen: list[Execution] = []
    assert await client.run("echo", text, on_progress=seen.append, instance_id=noop_instance) == text
    assert seen[-1].succeeded


async def test_map_keeps_the_order(client: AsyncOaasClient, noop_instance: int) -> None:
    inputs = ({"numbers": [n], "sleepSeconds": 0.2 if n == 0 else 0} for n in range(20))
    outputs = [each async for each in client.map("noop", inputs, max_concurrency=5, instance_id=noop_instance)]
    assert outputs == [{"sum": n} for n in range(20)]


async def test_leaving_a_map_stops_what_is_left(client: AsyncOaasClient, node: Node, noop_instance: int) -> None:
    user = f"leaver-{node.runtime}"
    options = {"instance_id": noop_instance, "user_id": user}
    async with aclosing(client.map("search", [0.0, 60.0, 60.0], max_concurrency=3, **options)) as outputs:
        async for _ in outputs:
            break
    await _until_ended(node, user)
    states = sorted(each["state"] for each in (await node.get("/algorithmExecutions", userId=user))["items"])
    assert states == ["cancelled", "cancelled", "succeeded"]


async def test_a_lost_answer_makes_no_second_execution(node: Node, noop_instance: int) -> None:
    user = f"loser-{node.runtime}"
    link = LossyLink(node.url, losses=0)
    async with link as url, AsyncOaasClient(url) as client:
        algorithm = await node.algorithm("noop", "sample")
        link.losses = 2
        output = await client.run(algorithm, {"numbers": [4]}, instance_id=noop_instance, user_id=user)
    assert output == {"sum": 4}
    assert link.losses == 0
    assert len((await node.get("/algorithmExecutions", userId=user))["items"]) == 1


async def test_events_go_on_after_a_broken_connection(node: Node, noop_instance: int) -> None:
    link = LossyLink(node.url, losses=0)
    async with link as url, AsyncOaasClient(url) as client:
        handle = await client.submit("search", 1.5, instance_id=noop_instance)
        seen = []
        async for execution in handle.events():
            seen.append(execution)
            if len(seen) == 2:
                link.losses = 2
    assert link.losses == 0
    assert seen[-1].succeeded
    fractions = [each.progress_fraction for each in seen if each.progress_fraction is not None]
    assert fractions == sorted(set(fractions))


def test_blocking_run_with_progress_in_the_callers_thread(blocking: OaasClient, noop_instance: int) -> None:
    seen: list[Execution] = []

    def on_progress(execution: Execution) -> None:
        assert threading.current_thread() is threading.main_thread()
        if execution.incumbent is not None and not seen:
            blocking.handle(execution.id).interrupt()
            seen.append(execution)

    output = blocking.run("search", 60, on_progress=on_progress, instance_id=noop_instance, timeout=30)
    assert output["interrupted"] is True


def test_blocking_errors_of_the_callback_reach_the_caller(blocking: OaasClient, noop_instance: int) -> None:
    def on_progress(execution: Execution) -> None:
        raise LookupError(execution.id)

    with pytest.raises(LookupError) as caught:
        blocking.run("search", 60, on_progress=on_progress, instance_id=noop_instance)
    assert blocking.handle(caught.value.args[0]).stop().state == "cancelled"


def test_blocking_handle(blocking: OaasClient, noop_instance: int) -> None:
    handle = blocking.submit("search", 0.3, instance_id=noop_instance)
    assert handle.id == handle.refresh().id
    last = [execution.state for execution in handle.events()][-1]
    assert last == "succeeded"
    assert handle.result() == blocking.result(handle.id)
    assert handle.logs() == "the search begins\nthe search ends\n"
    left_early = blocking.submit("search", 60, instance_id=noop_instance)
    for _ in left_early.events():
        break
    assert left_early.stop().state == "cancelled"


def test_blocking_map(blocking: OaasClient, noop_instance: int) -> None:
    inputs = [{"numbers": [n]} for n in range(10)]
    outputs = list(blocking.map("noop", inputs, max_concurrency=4, instance_id=noop_instance))
    assert outputs == [{"sum": n} for n in range(10)]


def test_threads_share_a_client(blocking: OaasClient, noop_instance: int) -> None:
    sums: list[float] = []

    def work(number: int) -> None:
        sums.append(blocking.run("noop", {"numbers": [number]}, instance_id=noop_instance)["sum"])

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == list(range(8))


def test_blocking_costs_little(blocking: OaasClient, noop_instance: int) -> None:
    blocking.run("noop", {"numbers": [1]}, instance_id=noop_instance)
    seconds = []
    for _ in range(21):
        begin = time.monotonic()
        blocking.run("noop", {"numbers": [1]}, instance_id=noop_instance)
        seconds.append(time.monotonic() - begin)
    assert sorted(seconds)[10] < 0.2


async def _until_ended(node: Node, user: str) -> None:
    for execution in (await node.get("/algorithmExecutions", userId=user))["items"]:
        await node.execution(execution["id"], wait=20)
