"""Changes arrive at callback URLs: all that matter, in order, signed, whatever receivers do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from notifiers import Notifying, at_work
from receivers import Receiver, status
from standardwebhooks import Webhook, WebhookVerificationError
from world import World

from oaasplatform.database.queries.history import PARTITION
from oaasplatform.domain.errors import CredentialsUnreadable, NotFound
from oaasplatform.domain.executions import Execution, ExecutionState, Outcome
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.webhooks import Callback, CallbackFilter, CallbackState
from oaasplatform.kit.sealing import Sealer
from oaasplatform.services.webhooks import WebhookService

SUCCESS = Outcome(state=ExecutionState.SUCCEEDED, output=b'{"cost":1}', log=b"")
DEAD = CallbackFilter(state=CallbackState.DEAD)


async def finish(world: World, execution: Execution) -> None:
    assert await world.database.transitions.finish(execution.id, execution.attempt, SUCCESS)


async def complete(world: World, url: str) -> Execution:
    """An execution that is over: events 1 to 4."""
    execution = await world.running(callback_url=url)
    await finish(world, execution)
    return execution


async def becomes(read: Callable[[], Awaitable[Callback]], state: CallbackState) -> Callback:
    """Wait until a callback is in a state."""
    async with asyncio.timeout(30):
        while (callback := await read()).state is not state:
            await asyncio.sleep(0.01)
    return callback


async def is_gone(world: World, execution: Execution) -> None:
    """Wait until nothing is to be delivered any more."""
    async with asyncio.timeout(30):
        with contextlib.suppress(NotFound):
            while await world.database.webhooks.get(execution.id):
                await asyncio.sleep(0.01)


async def test_every_change_arrives_in_order_and_signed(
    world: World, notifying: Notifying, receiver: Receiver, webhooks: WebhookService
) -> None:
    async with notifying():
        execution = await world.running(callback_url=receiver.url)
        assert execution.callback_url == receiver.url
        await receiver.until(lambda r: len(r.received) == 3)
        await finish(world, execution)
        await is_gone(world, execution)
    assert receiver.sequences == [1, 2, 3, 4]
    assert [each.execution["state"] for each in receiver.received] == ["queued", "starting", "running", "succeeded"]
    assert receiver.received[-1].execution["output"] == {"cost": 1}
    assert [each.execution["id"] for each in receiver.received] == [execution.id] * 4
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 4
    secret = Webhook(await webhooks.secret())
    for each in receiver.received:
        assert secret.verify(each.body, each.headers) == each.execution
    first, second = receiver.received[:2]
    with pytest.raises(WebhookVerificationError):
        secret.verify(first.body, second.headers)
    with pytest.raises(WebhookVerificationError):
        secret.verify(first.body.replace(b"queued", b"failed"), first.headers)


async def test_without_a_url_nothing_is_stored(world: World) -> None:
    await world.submit()
    found, _ = await world.database.webhooks.page(CallbackFilter(), Paging())
    assert found == []


async def test_progress_is_left_out_where_something_newer_says_it_and_states_are_not(
    world: World, notifying: Notifying, receiver: Receiver
) -> None:
    goes_on = asyncio.Event()

    async def later(request: web.Request) -> web.Response:
        await goes_on.wait()
        return web.Response()

    receiver.answer = later
    async with notifying():
        execution = await world.submit(callback_url=receiver.url)
        await receiver.until(lambda r: len(r.received) == 1)
        await world.claim()
        execution = await world.database.executions.get(execution.id)
        for number in range(20):
            await world.progress(execution, sequence=number, progress_fraction=number / 20)
        goes_on.set()
        await receiver.until(lambda r: len(r.received) == 4)
        assert receiver.sequences == [1, 2, 3, 22], "queued, starting, the first and the newest while it runs"
        assert receiver.received[-1].execution["progressFraction"] == 19 / 20
        for number in range(20, 40):
            await world.progress(execution, sequence=number, progress_fraction=number / 40)
        await finish(world, execution)
        await is_gone(world, execution)
    assert receiver.received[-1].execution["state"] == "succeeded"
    assert receiver.sequences == sorted(set(receiver.sequences))
    assert len(receiver.received) < 10


async def test_what_failed_comes_again_before_what_follows(
    world: World, notifying: Notifying, receiver: Receiver
) -> None:
    answers = [web.Response(status=500), web.Response(status=503), None]

    async def badly_at_first(request: web.Request) -> web.Response:
        answer = answers.pop(0) if answers else web.Response(status=202)
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
        return answer or web.Response()

    receiver.answer = badly_at_first
    async with notifying():
        execution = await complete(world, receiver.url)
        await is_gone(world, execution)
    assert receiver.sequences == [1, 1, 1, 1, 2, 3, 4]
    assert len({each.headers["webhook-id"] for each in receiver.received[:4]}) == 1


async def test_a_receiver_that_is_down_gets_everything_once_it_is_up(
    world: World, notifying: Notifying, receiver: Receiver
) -> None:
    await receiver.__aexit__()
    async with notifying():
        execution = await complete(world, receiver.url)
        async with asyncio.timeout(30):
            while not (callback := await world.database.webhooks.get(execution.id)).failures:
                await asyncio.sleep(0.01)
        assert callback.last_error is not None
        assert "127.0.0.1" in callback.last_error
        await receiver.__aenter__()
        await is_gone(world, execution)
    assert receiver.sequences == [1, 2, 3, 4]


async def test_redirects_lead_nowhere(world: World, notifying: Notifying, receiver: Receiver) -> None:
    async with Receiver(status(307, Location=receiver.url)) as crooked, notifying(attempts=2):
        execution = await complete(world, crooked.url)
        dead = await becomes(lambda: world.database.webhooks.get(execution.id), CallbackState.DEAD)
    assert (dead.failures, dead.delivered, dead.due_at) == (2, 0, None)
    assert dead.last_error is not None
    assert "redirects" in dead.last_error
    assert not receiver.received


async def test_who_is_gone_is_not_asked_again(world: World, notifying: Notifying, receiver: Receiver) -> None:
    receiver.answer = status(410)
    async with notifying():
        execution = await complete(world, receiver.url)
        await becomes(lambda: world.database.webhooks.get(execution.id), CallbackState.DEAD)
    assert len(receiver.received) == 1


async def test_a_receiver_says_when_it_wants_to_be_asked_again(
    world: World, notifying: Notifying, receiver: Receiver
) -> None:
    receiver.answer = status(429, Retry_After="100")
    async with notifying():
        execution = await complete(world, receiver.url)
        async with asyncio.timeout(30):
            while not (callback := await world.database.webhooks.get(execution.id)).failures:
                await asyncio.sleep(0.01)
    assert callback.due_at is not None
    assert callback.due_at - callback.modified_at == timedelta(seconds=100)


async def test_the_dead_are_listed_and_replayed(
    world: World, notifying: Notifying, receiver: Receiver, webhooks: WebhookService
) -> None:
    receiver.answer = status(410)
    async with notifying():
        first, second, third = [await complete(world, receiver.url) for _ in range(3)]
        for each in (first, second, third):
            await becomes(lambda each=each: webhooks.get(each.id), CallbackState.DEAD)  # type: ignore[misc]
        page, cursor = await webhooks.page(DEAD, Paging(limit=2))
        assert ([each.execution_id for each in page], cursor) == ([third.id, second.id], second.id)
        page, cursor = await webhooks.page(DEAD, Paging(limit=2, before=cursor))
        assert ([each.execution_id for each in page], cursor) == ([first.id], None)
        receiver.received.clear()
        receiver.answer = status(200)
        await webhooks.replay(first.id)
        await is_gone(world, first)
        assert receiver.sequences == [1, 2, 3, 4]
        await webhooks.forget(second.id)
        assert await webhooks.replay_dead() == 1
        await is_gone(world, third)
    assert {each.execution["id"] for each in receiver.received} == {first.id, third.id}
    for call in (webhooks.replay, webhooks.forget, webhooks.get):
        with pytest.raises(NotFound):
            await call(first.id)


async def test_a_replay_of_what_has_nothing_to_say_says_nothing(
    world: World, notifying: Notifying, receiver: Receiver, webhooks: WebhookService
) -> None:
    async with notifying():
        waiting = await world.submit(callback_url=receiver.url)
        await receiver.until(lambda r: len(r.received) == 1)
        await webhooks.replay(waiting.id)
        async with asyncio.timeout(30):
            while (await webhooks.get(waiting.id)).due_at is not None:
                await asyncio.sleep(0.01)
    assert receiver.sequences == [1]


async def test_a_slow_receiver_holds_up_nobody_else(world: World, notifying: Notifying, receiver: Receiver) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with Receiver(never) as slow:
        for _ in range(80):
            await world.submit(callback_url=slow.url)
        others = [await world.submit(callback_url=receiver.url) for _ in range(20)]
        async with notifying():
            await receiver.until(lambda r: len(r.received) == len(others))
            await slow.until(lambda r: r.under_way == 8)
        assert slow.most_under_way == 8


async def test_a_refused_address_is_not_connected_to(world: World, notifying: Notifying, receiver: Receiver) -> None:
    async with notifying(allow=""):
        by_address = await complete(world, receiver.url)
        by_name = await complete(world, receiver.url.replace("127.0.0.1", "localhost"))
        for execution in (by_address, by_name):
            dead = await becomes(lambda e=execution: world.database.webhooks.get(e.id), CallbackState.DEAD)  # type: ignore[misc]
            assert dead.failures == 1
            assert dead.last_error is not None
            assert "OAAS_CALLBACK_ALLOW" in dead.last_error
    assert not receiver.received


async def test_a_restart_goes_on_where_it_was(world: World, notifying: Notifying, receiver: Receiver) -> None:
    async with notifying():
        execution = await world.running(callback_url=receiver.url)
        await receiver.until(lambda r: len(r.received) == 3)
        async with asyncio.timeout(30):
            while (await world.database.webhooks.get(execution.id)).delivered < 3:
                await asyncio.sleep(0.01)
    await world.progress(execution, sequence=7)
    await finish(world, execution)
    async with notifying():
        await is_gone(world, execution)
    assert receiver.sequences == [1, 2, 3, 5]


async def test_what_was_cut_off_comes_again(world: World, notifying: Notifying, receiver: Receiver) -> None:
    async def too_late(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    receiver.answer = too_late
    execution = await complete(world, receiver.url)
    async with notifying():
        await receiver.until(lambda r: len(r.received) == 1)
    receiver.answer = status(200)
    async with notifying():
        await is_gone(world, execution)
    assert receiver.sequences == [1, 1, 2, 3, 4]


async def test_a_purge_ends_it(world: World, receiver: Receiver) -> None:
    execution = await complete(world, receiver.url)
    assert (await world.database.webhooks.get(execution.id)).delivered == 0
    assert await world.database.executions.purge(execution.id)
    with pytest.raises(NotFound):
        await world.database.webhooks.get(execution.id)


async def test_what_is_too_old_goes_with_its_execution(world: World, receiver: Receiver) -> None:
    execution = await complete(world, receiver.url)
    pool = world.database.history._pool
    await pool.execute("UPDATE execution_history SET created_at = now() - interval '9 days'")
    await pool.execute(f"SELECT setval('executions_id_seq', {PARTITION})")
    await world.database.history.prepare()
    kept = await world.submit(callback_url=receiver.url)
    assert await world.database.history.forget(timedelta(days=7)) == 1
    with pytest.raises(NotFound):
        await world.database.webhooks.get(execution.id)
    await world.database.webhooks.get(kept.id)


async def test_a_secret_outlives_other_changes_of_the_node(world: World, webhooks: WebhookService) -> None:
    nodes = world.database.nodes
    secret, *_ = await asyncio.gather(webhooks.secret(), *(nodes.update({"callback_port": n}) for n in range(30)))
    assert await webhooks.secret() == secret


async def test_without_the_key_a_new_secret_puts_things_right(
    world: World, receiver: Receiver, webhooks: WebhookService, tmp_path: Path
) -> None:
    before = await webhooks.secret()
    (tmp_path / "secret.key").rename(tmp_path / "lost.key")
    elsewhere = WebhookService(world.database.webhooks, world.database.nodes, Sealer(None, tmp_path / "secret.key"))
    with pytest.raises(CredentialsUnreadable, match="--new"):
        await elsewhere.secret()
    renewed = await elsewhere.renew_secret()
    assert renewed == await elsewhere.secret() != before
    execution = await complete(world, receiver.url)
    async with at_work(world.database, elsewhere):
        await is_gone(world, execution)
    for each in receiver.received:
        Webhook(renewed).verify(each.body, each.headers)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("HTTPS://Plans.Example.ORG/hook", "plans.example.org"),
        ("http://example.org:8080?q=/x", "example.org:8080"),
        ("http://[2001:db8::1]:80#x", "[2001:db8::1]:80"),
    ],
)
async def test_receivers_are_told_apart_by_host_and_port(world: World, url: str, host: str) -> None:
    await world.submit(callback_url=url)
    (pending,) = await world.database.webhooks.due(1, busy=[], full=[])
    assert (pending.url, pending.host) == (url, host)


async def test_a_repeated_submission_has_one_callback(world: World, receiver: Receiver) -> None:
    same = {"callback_url": receiver.url, "idempotency_key": "once", "request_hash": b"1"}
    first, again = await world.submit(**same), await world.submit(**same)
    assert (again.id, again.callback_url) == (first.id, receiver.url)
    found, _ = await world.database.webhooks.page(CallbackFilter(), Paging())
    assert [each.execution_id for each in found] == [first.id]
