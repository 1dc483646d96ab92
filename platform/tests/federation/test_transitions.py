"""Executions of the master in its database: messages that are old, late or repeated, nodes that are lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from oaasplatform.domain.errors import IdempotencyMismatch
from oaasplatform.domain.executions import ExecutionState, Outcome
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import Attempt, FederatedSubmission, Placed, Report
from oaasplatform.master.domain.placement import AlgorithmKey, Wish

WISH = Wish(AlgorithmKey("sample", "noop", "1"))
SUBMISSION = FederatedSubmission(algorithm_id=1, wish=WISH, input=b"[1]")
LOST = {"type": "infrastructureLost", "message": "lost", "details": None}


@pytest.fixture
async def master(fresh_dsn: str, shared_dir: Path) -> AsyncIterator[MasterDatabase]:
    """An open, migrated database of a master, with two nodes: 1 and 2."""
    database = MasterDatabase(fresh_dsn, shared_dir, auto_migrate=True)
    await database.open()
    for number in ("1", "2"):
        await database.nodes.join(
            uid=number,
            name=number,
            description="",
            owner="",
            base_url="http://127.0.0.1:1",
            host="127.0.0.1",
            port=1,
            key_hash=number,
            sealed_key=b"",
            version="",
        )
    yield database
    await database.close()


async def _placed(master: MasterDatabase, node_id: int, submission: FederatedSubmission = SUBMISSION) -> Attempt:
    await master.executions.submit(submission)
    ((_, placed),) = await master.transitions.place(WISH, [node_id])
    return _attempt(placed)


def _attempt(placed: Placed) -> Attempt:
    attempt = placed.execution.current
    assert attempt is not None
    return attempt


def _report(state: ExecutionState, sequence: int, **facts: object) -> Report:
    return Report(remote_id=7, sequence=sequence, state=state, facts=dict(facts))


async def _silence(dsn: str, node_id: int, seconds: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE oaas_nodes SET status = 'unreachable', last_seen_at = now() - make_interval(secs => $2) WHERE id = $1",
        node_id,
        seconds,
    )
    await connection.close()


async def test_reports_count_once_and_in_order(master: MasterDatabase) -> None:
    attempt = await _placed(master, 1)
    reported = master.transitions.reported
    assert await reported(attempt, _report(ExecutionState.RUNNING, 3, progressFraction=0.5))
    assert not await reported(attempt, _report(ExecutionState.RUNNING, 3, progressFraction=0.5)), "repeated"
    assert not await reported(attempt, _report(ExecutionState.STARTING, 2)), "overtaken"
    assert not await reported(attempt._replace(number=2), _report(ExecutionState.RUNNING, 9)), "another attempt"
    assert not await reported(attempt._replace(node_id=2), _report(ExecutionState.RUNNING, 9)), "another node"
    execution = await master.executions.get(attempt.execution_id)
    assert (execution.state, execution.progress_fraction, execution.event_id) == (ExecutionState.RUNNING, 0.5, 2)
    done = Outcome(state=ExecutionState.SUCCEEDED, output=b"2")
    assert await master.transitions.finish(attempt, done, _report(ExecutionState.SUCCEEDED, 4))
    assert not await master.transitions.finish(attempt, done, _report(ExecutionState.SUCCEEDED, 4))
    assert not await reported(attempt, _report(ExecutionState.RUNNING, 5)), "it has ended"
    assert await master.executions.output(attempt.execution_id) == b"2"
    events = await master.executions.events(await master.executions.get(attempt.execution_id), 0)
    assert [(each.id, each.execution.state) for each in events] == [(1, "queued"), (2, "running"), (3, "succeeded")]


async def test_a_node_that_is_away_too_long_has_lost_what_it_had(master: MasterDatabase, fresh_dsn: str) -> None:
    waits, runs = await _placed(master, 1), await _placed(master, 1)
    await master.transitions.reported(runs, _report(ExecutionState.RUNNING, 2))
    await _silence(fresh_dsn, 1, seconds=30)
    await master.transitions.mark_unreachable()
    assert (await master.executions.get(runs.execution_id)).node_unreachable
    assert await master.transitions.give_up(60, LOST, "lost") == []
    given_up = await master.transitions.give_up(20, LOST, "lost")
    assert {each.id for each in given_up} == {waits.execution_id, runs.execution_id}
    assert {(each.state, each.node_id, each.node_unreachable) for each in given_up} == {("queued", None, False)}
    assert await master.transitions.finish(runs, Outcome(state=ExecutionState.SUCCEEDED, output=b"1")) is None
    await master.strays.note(runs, ExecutionState.SUCCEEDED)
    await master.strays.note(waits, ExecutionState.CANCELLED)
    (late,) = await master.strays.late_results(runs.execution_id)
    assert (late.attempt, late.node_id, late.state) == (1, 1, ExecutionState.SUCCEEDED)
    assert await master.strays.late_results(waits.execution_id) == [], "it did what the master asked for"


async def test_the_last_attempt_that_is_lost_fails(master: MasterDatabase, fresh_dsn: str) -> None:
    attempt = await _placed(master, 1, replace(SUBMISSION, max_attempts=1))
    await master.transitions.reported(attempt, _report(ExecutionState.RUNNING, 2))
    await _silence(fresh_dsn, 1, seconds=30)
    (failed,) = await master.transitions.give_up(20, LOST, "lost")
    assert (failed.state, failed.error, failed.node_id) == (ExecutionState.FAILED, LOST, 1)


async def test_an_attempt_that_never_began_is_no_loss(master: MasterDatabase, fresh_dsn: str) -> None:
    attempt = await _placed(master, 1, replace(SUBMISSION, max_attempts=1))
    await _silence(fresh_dsn, 1, seconds=30)
    (given_up,) = await master.transitions.give_up(20, LOST, "lost")
    assert given_up.state is ExecutionState.QUEUED
    ((_, placed),) = await master.transitions.place(WISH, [2])
    assert _attempt(placed) == Attempt(attempt.execution_id, 2, 2)
    assert [each.remote_id for each in await master.strays.to_stop(9)] == [], "its node is away"


async def test_what_a_node_certainly_does_not_have_goes_back(master: MasterDatabase) -> None:
    attempt = await _placed(master, 1)
    assert await master.transitions.withdraw(attempt, "it refused", rest=60)
    execution = await master.executions.get(attempt.execution_id)
    assert (execution.state, execution.attempt, execution.waiting_reason) == (ExecutionState.QUEUED, 0, "it refused")
    assert await master.transitions.place(WISH, [2]) == [], "it rests"
    taken = await _placed(master, 1)
    await master.transitions.reported(taken, _report(ExecutionState.QUEUED, 1))
    assert not await master.transitions.withdraw(taken, "too late", rest=0), "the node has said that it has it"


async def test_a_stop_leaves_something_to_be_stopped(master: MasterDatabase) -> None:
    attempt = await _placed(master, 1)
    await master.transitions.reported(attempt, _report(ExecutionState.RUNNING, 2))
    cancelled = await master.transitions.cancel(attempt.execution_id, {"type": "cancelled", "message": ""})
    assert cancelled is not None and cancelled.state is ExecutionState.CANCELLED
    (stray,) = await master.strays.to_stop(9)
    assert (stray.node_id, stray.remote_id, stray.attempt) == (1, 7, 1)
    assert not await master.executions.purge(attempt.execution_id), "the node still has it"
    await master.strays.note(attempt, ExecutionState.SUCCEEDED)
    assert await master.strays.to_stop(9) == []
    assert await master.strays.late_results(attempt.execution_id) == []
    assert await master.executions.purge(attempt.execution_id)


async def test_each_wish_has_a_queue_in_the_order_of_ranks(master: MasterDatabase) -> None:
    other = Wish(WISH.algorithm, affinity=frozenset({("country", "de")}), may_start=True)
    ids = {
        rank: (await master.executions.submit(replace(SUBMISSION, wish=wish, rank=rank))).id
        for rank, wish in ((3.0, WISH), (1.0, WISH), (2.0, other))
    }
    assert sorted(await master.transitions.queues()) == [(1.0, WISH), (2.0, other)]
    placed = await master.transitions.place(WISH, [2, 1, 1])
    assert [(rank, each.execution.id, each.execution.node_id) for rank, each in placed] == [
        (1.0, ids[1.0], 2),
        (3.0, ids[3.0], 1),
    ]
    assert await master.transitions.queues() == [(2.0, other)]


async def test_a_key_makes_one_execution(master: MasterDatabase) -> None:
    keyed = replace(SUBMISSION, idempotency_key="k", request_hash=b"1")
    first = await master.executions.submit(keyed)
    assert (await master.executions.submit(keyed)).id == first.id
    with pytest.raises(IdempotencyMismatch):
        await master.executions.submit(replace(keyed, request_hash=b"2"))


async def test_what_is_over_and_old_is_forgotten(master: MasterDatabase, fresh_dsn: str) -> None:
    over = await _placed(master, 1)
    done = Outcome(state=ExecutionState.SUCCEEDED, output=b"1")
    assert await master.transitions.finish(over, done, _report(ExecutionState.SUCCEEDED, 3))
    stopped = await _placed(master, 1)
    assert await master.transitions.cancel(stopped.execution_id, {"type": "cancelled", "message": ""}) is not None
    going_on = await _placed(master, 1)
    assert await master.executions.forget(timedelta(days=1)) == 0
    connection = await asyncpg.connect(fresh_dsn)
    await connection.execute("UPDATE executions SET created_at = now() - interval '2 days'")
    await connection.close()
    assert await master.executions.forget(timedelta(days=1)) == 1
    assert await master.executions.output(over.execution_id) is None
    assert {each.id for each in await master.executions.get_all(range(100))} == {
        stopped.execution_id,  # its node may still have it
        going_on.execution_id,
    }
    (stray,) = await master.strays.to_stop(10)
    await master.strays.settled(stray.id)
    assert await master.executions.forget(timedelta(days=1)) == 1
