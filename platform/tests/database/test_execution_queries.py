"""Executions in a real PostgreSQL: every transition, and what must not happen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from world import World

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.errors import IdempotencyMismatch, NotFound
from oaasplatform.domain.executions import TRANSITIONS, ExecutionFilter, ExecutionState, Outcome
from oaasplatform.domain.instances import InstanceStatus
from oaasplatform.domain.paging import Paging

OUT_OF_MEMORY = {"type": "outOfMemory"}
LOST = {"type": "infrastructureLost"}
SUCCESS = Outcome(state=ExecutionState.SUCCEEDED, output=b'{"a":1}', log=b"hello")


async def test_from_submission_to_result(world: World) -> None:
    submitted = await world.submit(input=b'{"x": 1}')
    assert submitted.state is ExecutionState.QUEUED
    assert await world.database.claims.candidates() == [world.instance.id]

    (claim,) = await world.claim()
    execution = claim.assignment.execution
    assert (claim.input, claim.reference) == (b'{"x": 1}', "1")
    assert (execution.state, execution.attempt, execution.run_id) == (ExecutionState.STARTING, 1, f"{execution.id}-1")
    assert len(claim.assignment.secret) == 32
    assert await world.database.claims.candidates() == []

    assert await world.progress(execution, sequence=1, progress_message="half", progress_fraction=0.5)
    assert await world.database.transitions.finish(execution.id, 1, SUCCESS)

    ended = await world.database.executions.get(execution.id)
    assert ended.state is ExecutionState.SUCCEEDED
    assert (ended.progress_message, ended.progress_fraction, ended.output_bytes) == ("half", 0.5, 7)
    assert ended.started_at is not None
    assert ended.finished_at is not None
    assert await world.database.executions.output(ended.id) == b'{"a":1}'
    assert await world.database.executions.log(ended.id) == b"hello"
    assert await world.database.executions.input(ended.id) == b'{"x": 1}'
    events = await world.database.executions.events(ended, 0)
    assert [e.execution.state.value for e in events] == ["queued", "starting", "running", "succeeded"]
    assert [e.id for e in events] == [1, 2, 3, 4]
    assert await world.database.transitions.to_release(10) == []


async def test_old_and_repeated_messages_change_nothing(world: World) -> None:
    execution = await world.running()
    assert await world.progress(execution, sequence=5, progress_message="new")
    assert not await world.progress(execution, sequence=5, progress_message="again")
    assert not await world.progress(execution, sequence=4, progress_message="old")
    assert (await world.database.executions.get(execution.id)).progress_message == "new"


async def test_terminal_states_never_change(world: World) -> None:
    execution = await world.running()
    assert await world.database.transitions.finish(execution.id, 1, SUCCESS)
    before = await world.database.executions.get(execution.id)
    transitions = world.database.transitions
    failed = Outcome(state=ExecutionState.FAILED, error={"type": "late"})
    assert not await transitions.finish(execution.id, 1, failed)
    assert not await world.progress(execution, sequence=99, progress_message="late")
    assert await transitions.cancel(execution.id, {"type": "cancelled"}) is None
    assert not await transitions.requeue(execution.id, 1, "late", rest_seconds=0)
    assert not await transitions.lose(execution.id, 1, "late", LOST)
    assert await world.database.executions.launch(execution.id) is None
    await transitions.recover(OUT_OF_MEMORY, LOST)
    await transitions.expire({"type": "timeLimit"})
    assert await world.database.executions.get(execution.id) == before


async def test_messages_of_an_earlier_attempt_are_ignored(world: World) -> None:
    first = await world.running()
    await world.database.transitions.requeue(first.id, 1, "busy", rest_seconds=0)
    (claim,) = await world.claim()
    assert claim.assignment.execution.attempt == 2
    assert not await world.database.transitions.finish(first.id, 1, SUCCESS)
    assert not await world.progress(first, sequence=100)
    assert (await world.database.executions.get(first.id)).state is ExecutionState.STARTING


async def test_competing_claims_hand_out_each_execution_once(world: World) -> None:
    instances = [await world.new_instance(concurrency=5, name=f"i{n}") for n in range(4)]
    submitted = {(await world.submit()).id for _ in range(20)}
    claims = [claim for claimed in await asyncio.gather(*map(world.claim, instances)) for claim in claimed]
    assert sorted(c.assignment.execution.id for c in claims) == sorted(submitted)


async def test_an_instance_gets_no_more_than_its_slots(world: World) -> None:
    instance = await world.new_instance(concurrency=3, name="three")
    for _ in range(5):
        await world.submit()
    assert len(await world.claim(instance)) == 3
    assert await world.claim(instance) == []


async def test_a_cancelled_run_holds_its_slot_until_it_is_released(world: World) -> None:
    first = await world.running()
    await world.submit()
    cancelled = await world.database.transitions.cancel(first.id, {"type": "cancelled"})
    assert cancelled is not None
    assert cancelled.state is ExecutionState.CANCELLED
    assert await world.claim() == []
    (assignment,) = await world.database.transitions.to_release(10)
    await world.database.transitions.released(first.id, assignment.execution.attempt, b"its log")
    assert len(await world.claim()) == 1
    assert await world.database.executions.log(first.id) == b"its log"


async def test_the_lowest_rank_is_claimed_first_then_the_order_of_submission(world: World) -> None:
    third, first, second = [await world.submit(rank=rank) for rank in (2.5, -60.0, -60.0)]
    for expected in (first, second, third):
        (claim,) = await world.claim()
        assert claim.assignment.execution.id == expected.id
        await world.database.transitions.finish(expected.id, 1, SUCCESS)


async def test_nobody_has_more_than_the_limit(world: World) -> None:
    instance = await world.new_instance(concurrency=5, name="five")
    many = [await world.submit(user_id="many", rank=n) for n in range(4)]
    others = [await world.submit(user_id=user, rank=10 + n) for n, user in enumerate(("some", None, None, "some"))]
    claimed = [claim.assignment.execution.id for claim in await world.claim(instance, user_limit=2)]
    assert claimed == [each.id for each in (*many[:2], *others[:3])]
    for id_ in claimed[2:]:
        await world.database.transitions.finish(id_, 1, SUCCESS)
    (last,) = await world.claim(instance, user_limit=2)
    assert last.assignment.execution.id == others[3].id
    await world.database.transitions.finish(many[0].id, 1, SUCCESS)
    (next_,) = await world.claim(instance, user_limit=2)
    assert next_.assignment.execution.id == many[2].id


@pytest.mark.parametrize("user_limit", [None, 3])
async def test_a_repository_has_no_more_than_its_limit(world: World, user_limit: int | None) -> None:
    await world.database.repositories.update(world.repository.id, {"max_concurrent_executions": 3})
    one, two = [await world.new_instance(concurrency=2, name=name) for name in ("one", "two")]
    queued = [await world.submit(rank=n, user_id=f"user {n}") for n in range(5)]
    assert len(await world.claim(one, user_limit=user_limit)) == 2
    (third,) = await world.claim(two, beyond=5, user_limit=user_limit)
    assert await world.claim(user_limit=user_limit) == []
    forecast = await world.database.forecasts.of(queued[3].id)
    assert forecast is not None
    assert "3 executions at a time (maxConcurrentExecutions)" in forecast.reason
    await world.database.transitions.finish(third.assignment.execution.id, 1, SUCCESS)
    assert len(await world.claim(two, user_limit=user_limit)) == 1
    await world.database.repositories.update(world.repository.id, {"max_concurrent_executions": None})
    assert len(await world.claim(user_limit=user_limit)) == 1


async def test_nothing_starts_past_a_limit_or_on_a_spare(world: World) -> None:
    """Free slots of such instances do not mean that nobody waits for them: see ``Openings``."""
    arguments: dict[str, Any] = {"term": 0, "launch_seconds": 10, "deadline_grace": 5}
    await world.new_instance(name="spare", standby=True)
    plain, spare = await world.database.claims.ready()
    assert await world.database.claims.claim(plain, **arguments) == ([], True)
    assert await world.database.claims.claim(spare, **arguments) == ([], False)
    await world.database.repositories.update(world.repository.id, {"max_concurrent_executions": 3})
    limited, _ = await world.database.claims.ready()
    assert await world.database.claims.claim(limited, **arguments) == ([], False)


async def test_who_waits_for_the_limit_of_a_user_is_told(world: World) -> None:
    await world.running(user_id="many")
    second, other = await world.submit(user_id="many"), await world.submit(user_id="one")
    waiting = await world.database.forecasts.of(second.id, user_limit=1)
    assert waiting is not None
    assert "OAAS_USER_LIMIT" in waiting.reason
    elsewhere = await world.database.forecasts.of(other.id, user_limit=1)
    assert elsewhere is not None
    assert "slots" in elsewhere.reason


@pytest.mark.parametrize("user_limit", [None, 9])
async def test_an_instance_on_standby_helps_out(world: World, user_limit: int | None) -> None:
    spare = await world.new_instance(concurrency=9, name="spare", standby=True)
    for rank in range(3):
        await world.submit(rank=rank)
    named = await world.submit(instance_id=spare.id, rank=9)
    assert await world.database.claims.candidates() == [world.instance.id, spare.id]
    (claim,) = await world.claim(spare, user_limit=user_limit)
    assert claim.assignment.execution.id == named.id, "another one has a free slot"
    assert len(await world.claim(user_limit=user_limit)) == 1
    assert len(await world.claim(spare, user_limit=user_limit)) == 2
    await world.database.transitions.finish(claim.assignment.execution.id, 1, SUCCESS)
    await _lose(world)
    await world.submit()
    assert len(await world.claim(spare, user_limit=user_limit)) == 1, "the other one is lost"


async def test_attempts_are_remembered_with_their_reasons(world: World) -> None:
    execution = await world.running(max_attempts=3)
    await world.database.transitions.lose(execution.id, 1, "Its instance forgot the run.", LOST)
    (again,) = await world.claim()
    await world.progress(again.assignment.execution, sequence=1, progress_message="half")
    running = await world.database.executions.attempts(await world.database.executions.get(execution.id))
    assert [(each.number, each.state.value, each.reason) for each in running] == [
        (1, "queued", "Its instance forgot the run."),
        (2, "running", None),
    ]
    assert running[0].ended_at is not None
    assert running[1].ended_at is None
    await world.database.transitions.finish(execution.id, 2, SUCCESS)
    first, last = await world.database.executions.attempts(await world.database.executions.get(execution.id))
    assert (last.state, last.instance_id) == (ExecutionState.SUCCEEDED, world.instance.id)
    assert first.ended_at is not None
    assert last.ended_at is not None
    assert first.started_at < first.ended_at <= last.started_at < last.ended_at


async def test_a_requested_instance_is_the_only_one(world: World) -> None:
    other = await world.new_instance(name="other")
    submitted = await world.submit(instance_id=other.id)
    assert await world.claim() == []
    assert await world.database.claims.candidates() == [other.id]
    (claim,) = await world.claim(other)
    assert claim.assignment.execution.id == submitted.id


@pytest.mark.parametrize(("max_attempts", "state"), [(2, ExecutionState.QUEUED), (1, ExecutionState.FAILED)])
async def test_a_lost_instance_gives_its_executions_back(
    world: World, max_attempts: int, state: ExecutionState
) -> None:
    execution = await world.running(max_attempts=max_attempts)
    await _lose(world)
    (recovered,) = await world.database.transitions.recover(OUT_OF_MEMORY, LOST)
    assert recovered.state is state
    assert recovered.error == (LOST if state is ExecutionState.FAILED else None)
    assert (recovered.instance_id is None) is (state is ExecutionState.QUEUED)
    assert await world.database.transitions.recover(OUT_OF_MEMORY, LOST) == []
    assert recovered.id == execution.id


async def test_an_instance_out_of_memory_fails_its_executions_at_once(world: World) -> None:
    await world.running(max_attempts=5)
    await _lose(world, out_of_memory=True)
    (recovered,) = await world.database.transitions.recover(OUT_OF_MEMORY, LOST)
    assert (recovered.state, recovered.error) == (ExecutionState.FAILED, OUT_OF_MEMORY)


async def test_a_stopped_instance_costs_no_attempt(world: World) -> None:
    from oaasplatform.domain.instances import Desired, InstanceStatus

    await world.running(max_attempts=1)
    await world.database.instances.want(world.instance.id, Desired.STOPPED)
    await world.database.instances.set_status(world.instance, InstanceStatus.STOPPING, None)
    (recovered,) = await world.database.transitions.recover(OUT_OF_MEMORY, LOST)
    assert recovered.state is ExecutionState.QUEUED


async def test_a_forgotten_run_counts_as_a_loss(world: World) -> None:
    execution = await world.running(max_attempts=2)
    assert await world.database.transitions.lose(execution.id, 1, "forgot", LOST)
    again = await world.database.executions.get(execution.id)
    assert (again.state, again.waiting_reason) == (ExecutionState.QUEUED, "forgot")
    (claim,) = await world.claim()
    assert await world.database.transitions.lose(execution.id, claim.assignment.execution.attempt, "forgot", LOST)
    assert (await world.database.executions.get(execution.id)).state is ExecutionState.FAILED


async def test_a_rested_execution_waits_its_time(world: World) -> None:
    execution = await world.running()
    await world.database.transitions.requeue(execution.id, 1, "busy", rest_seconds=60)
    assert await world.claim() == []
    rest = await world.database.claims.next_rested()
    assert rest is not None
    assert 55 < rest <= 60


async def test_an_instance_that_keeps_no_time_gets_no_grace(world: World) -> None:
    submitted = await world.submit(max_running_time=0.01)
    await world.claim(deadline_grace=0)
    async with asyncio.timeout(5):
        while not (expired := await world.database.transitions.expire({"type": "timeLimit"})):
            await asyncio.sleep(0.01)
    assert [e.id for e in expired] == [submitted.id]


async def test_a_run_is_found_by_its_secret_and_remembers_its_handle(world: World) -> None:
    submitted = await world.submit()
    (claim,) = await world.claim()
    transitions, secret = world.database.transitions, claim.assignment.secret
    assert await transitions.of_secret(secret) == submitted.id
    assert await transitions.secret_of(submitted.id) == secret
    message = StatusMessage(execution_id=claim.assignment.execution.run_id, status=1, sequence=1)
    await transitions.progress(submitted.id, 1, message, poll_seconds=5, handle="theirs")
    await transitions.progress(submitted.id, 1, structs.replace(message, sequence=2), poll_seconds=5)
    assignment = await transitions.assignment(submitted.id)
    assert assignment is not None
    assert (assignment.handle, assignment.target.base_url) == ("theirs", "http://127.0.0.1:1")
    await transitions.finish(submitted.id, 1, Outcome(state=ExecutionState.SUCCEEDED, output=b"1"))
    assert await transitions.of_secret(secret) is None
    assert await transitions.secret_of(submitted.id) == secret
    (released,) = await transitions.to_release(10)
    assert released.handle == "theirs"


async def test_a_message_may_overtake_the_answer_to_the_launch(world: World) -> None:
    submitted = await world.submit()
    (claim,) = await world.claim()
    transitions, execution = world.database.transitions, claim.assignment.execution
    assert await world.progress(execution, sequence=7, progress_message="begun")
    answer = StatusMessage(execution_id=execution.run_id, status=1, sequence=-1)
    assert await transitions.progress(submitted.id, 1, answer, poll_seconds=5, handle="theirs")
    assert not await transitions.progress(submitted.id, 1, answer, poll_seconds=5, handle="theirs")
    assert not await world.progress(execution, sequence=7, progress_message="again")
    assignment = await transitions.assignment(submitted.id)
    assert assignment is not None
    assert (assignment.handle, assignment.execution.progress_message) == ("theirs", "begun")


async def test_a_condemned_instance_is_replaced_at_once_and_then_with_patience(world: World) -> None:
    instances = world.database.instances
    await instances.condemn(world.instance.id, world.instance.generation + 1, "another life")
    assert (await instances.get(world.instance.id)).status is InstanceStatus.READY
    await instances.condemn(world.instance.id, world.instance.generation, "its state is corrupt")
    condemned = await instances.get(world.instance.id)
    assert (condemned.status, condemned.reason, condemned.base_url) == (
        InstanceStatus.RESTARTING,
        "its state is corrupt",
        None,
    )
    assert condemned.retry_at is not None
    assert condemned.retry_at <= datetime.now(UTC)
    begun = await instances.begin(condemned)
    assert begun is not None
    await instances.ready(begun, "http://127.0.0.1:1", 1)
    await instances.condemn(begun.id, begun.generation, "again")
    again = await instances.get(begun.id)
    assert again.retry_at is not None
    assert again.retry_at > datetime.now(UTC) + timedelta(seconds=0.5)


async def test_the_time_limit_expires_what_the_instance_let_pass(world: World) -> None:
    submitted = await world.submit(max_running_time=0.01)
    await world.claim(deadline_grace=0.0)
    async with asyncio.timeout(5):
        while not (expired := await world.database.transitions.expire({"type": "timeLimit"})):
            await asyncio.sleep(0.01)
    assert [(e.id, e.state) for e in expired] == [(submitted.id, ExecutionState.TIMED_OUT)]


async def test_a_silent_execution_is_polled_by_one(world: World) -> None:
    submitted = await world.submit()
    await world.claim(launch_seconds=0.0)
    polls = [await world.database.transitions.due_polls(10, poll_seconds=60) for _ in range(2)]
    assert [[a.execution.id for a in poll] for poll in polls] == [[submitted.id], []]
    assert polls[0][0].target.base_url == "http://127.0.0.1:1"


async def test_abandoned_when_the_requested_instance_is_gone(world: World) -> None:
    submitted = await world.submit(instance_id=world.instance.id)
    await world.database.instances.delete(world.instance.id)
    (abandoned,) = await world.database.transitions.abandon({"type": "instanceRemoved"})
    assert (abandoned.id, abandoned.state) == (submitted.id, ExecutionState.FAILED)


async def test_created_then_launched(world: World) -> None:
    created = await world.submit(launch=False)
    assert created.state is ExecutionState.CREATED
    assert await world.claim() == []
    launched = await world.database.executions.launch(created.id)
    assert launched is not None
    assert launched.state is ExecutionState.QUEUED
    assert await world.database.executions.launch(created.id) is None


async def test_an_idempotency_key_makes_one_execution(world: World) -> None:
    key: dict[str, Any] = {"idempotency_key": "k", "request_hash": b"1"}
    first, *others = await asyncio.gather(*(world.submit(**key) for _ in range(8)))
    assert {o.id for o in others} == {first.id}
    with pytest.raises(IdempotencyMismatch):
        await world.submit(idempotency_key="k", request_hash=b"2")


async def test_pages_and_filters(world: World) -> None:
    mine = [await world.submit(user_id="me") for _ in range(3)]
    await world.submit(user_id="you")
    page = world.database.executions.page
    wanted = ExecutionFilter(user_id="me")
    found, cursor = await page(wanted, Paging(limit=2))
    assert [e.id for e in found] == [mine[2].id, mine[1].id]
    found, cursor = await page(wanted, Paging(limit=2, before=cursor))
    assert ([e.id for e in found], cursor) == ([mine[0].id], None)
    assert await page(ExecutionFilter(states=[ExecutionState.RUNNING]), Paging()) == ([], None)
    between = ExecutionFilter(created_after=mine[1].created_at, created_before=mine[2].created_at)
    found, _ = await page(between, Paging())
    assert [e.id for e in found] == [mine[1].id]


async def test_purge_leaves_nothing(world: World) -> None:
    execution = await world.running(idempotency_key="k", request_hash=b"1")
    assert not await world.database.executions.purge(execution.id)
    await world.database.transitions.finish(execution.id, 1, SUCCESS)
    assert await world.database.executions.purge(execution.id)
    for document in (world.database.executions.input, world.database.executions.output, world.database.executions.log):
        assert await document(execution.id) is None
    with pytest.raises(NotFound):
        await world.database.executions.get(execution.id)
    assert (await world.submit(idempotency_key="k", request_hash=b"1")).id != execution.id


async def test_why_it_waits(world: World) -> None:
    submitted = await world.submit()

    async def reason() -> str:
        forecast = await world.database.forecasts.of(submitted.id)
        assert forecast is not None
        return forecast.reason

    assert "slots" in await reason()
    await _lose(world)
    assert "gone bad" in await reason()
    await world.database.instances.delete(world.instance.id)
    assert "create one" in await reason()
    await world.database.transitions.cancel(submitted.id, {"type": "cancelled"})
    assert await world.database.forecasts.of(submitted.id) is None


async def test_how_long_it_waits(world: World) -> None:
    first, second = await world.submit(rank=1), await world.submit(rank=2)
    forecast = await world.database.forecasts.of(second.id)
    assert forecast is not None
    assert (forecast.position, forecast.seconds) == (2, None)
    await world.claim()
    await asyncio.sleep(0.05)
    await world.database.transitions.finish(first.id, 1, SUCCESS)
    forecast = await world.database.forecasts.of(second.id)
    assert forecast is not None
    assert forecast.position == 1
    assert forecast.seconds is not None
    assert forecast.seconds >= 0.05


async def test_a_commit_wakes_who_waits(world: World) -> None:
    from oaasplatform.database.notifications import QUEUE, execution_topic

    with world.database.listener.subscribe(QUEUE) as queued:
        submitted = await world.submit()
        await asyncio.wait_for(queued.wait(), 2)
    with world.database.listener.subscribe(execution_topic(submitted.id)) as changed:
        await world.claim()
        await asyncio.wait_for(changed.wait(), 2)


def test_every_state_can_be_left_or_is_terminal() -> None:
    for state in ExecutionState:
        assert state.terminal == (not TRANSITIONS[state])


async def _lose(world: World, *, out_of_memory: bool = False) -> None:
    from datetime import UTC, datetime

    from oaasplatform.domain.instances import InstanceStatus

    await world.database.instances.lost(
        world.instance,
        InstanceStatus.RESTARTING,
        "gone bad",
        retry_at=datetime.now(UTC),
        restarts=1,
        out_of_memory=out_of_memory,
    )
