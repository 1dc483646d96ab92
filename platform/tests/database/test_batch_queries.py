"""Batches in a real PostgreSQL: counted, read in the order of the ends, closed when they are abandoned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from world import World

from oaasplatform.database.queries.history import PARTITION
from oaasplatform.domain.batches import BatchFilter, Place
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.executions import ExecutionFilter, ExecutionState, Outcome
from oaasplatform.domain.paging import Paging

SUCCESS = Outcome(state=ExecutionState.SUCCEEDED, output=b"{}", log=b"")
UNRELEASED = Outcome(state=ExecutionState.SUCCEEDED, output=b"{}")


@pytest.fixture
async def connection(world: World, fresh_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Beside the node's own."""
    connection = await asyncpg.connect(fresh_dsn)
    yield connection
    await connection.close()


async def test_counts_and_progress(world: World) -> None:
    batches = world.database.batches
    id_ = await batches.begin("ada")
    assert (await batches.get(id_)).progress == 0
    for _ in range(4):
        await world.submit(batch_id=id_, user_id="ada")
    (claim,) = await world.claim()
    await world.submit()
    execution = claim.assignment.execution
    await world.progress(execution, sequence=1, progress_fraction=0.5)
    batch = await batches.get(id_)
    assert dict(batch.counts) == {ExecutionState.QUEUED: 3, ExecutionState.RUNNING: 1}
    assert (batch.size, batch.progress, batch.user_id) == (4, 0.125, "ada")
    await world.database.transitions.finish(execution.id, 1, SUCCESS)
    while ids := await batches.unfinished(id_, 0, 2):
        await world.database.transitions.cancel_all(ids, {"type": "cancelled"})
    batch = await batches.get(id_)
    assert dict(batch.counts) == {ExecutionState.SUCCEEDED: 1, ExecutionState.CANCELLED: 3}
    assert (batch.progress, batch.complete, batch.ended) == (1, False, False)
    await batches.settle()
    await batches.complete(id_)
    await batches.settle()
    assert (await batches.get(id_)).ended
    # What is over is not counted again.
    await world.database.executions.purge(execution.id)
    assert (await batches.get(id_)).size == 4


async def test_pages(world: World) -> None:
    batches = world.database.batches
    first, second, third = [await batches.begin(user) for user in ("ada", "bob", "ada")]
    found, cursor = await batches.page(BatchFilter(), Paging(limit=2))
    assert ([each.id for each in found], cursor) == ([third, second], second)
    found, _ = await batches.page(BatchFilter(user_id="ada"), Paging())
    assert [each.id for each in found] == [third, first]
    with pytest.raises(NotFound):
        await batches.get(third + 1)


async def test_executions_of_a_batch_are_found(world: World) -> None:
    one, two = [await world.database.batches.begin(None) for _ in range(2)]
    of_one = [await world.submit(batch_id=one) for _ in range(3)]
    of_two = await world.submit(batch_id=two)
    await world.database.batches.complete(one)
    found, _ = await world.database.executions.page(ExecutionFilter(batch_id=one), Paging(limit=10))
    assert [each.id for each in found] == [each.id for each in reversed(of_one)]
    found, _ = await world.database.executions.page(ExecutionFilter(batch_id=two), Paging(limit=10))
    assert [(each.id, each.batch_id) for each in found] == [(of_two.id, two)]


async def test_results_come_in_the_order_of_the_ends(world: World) -> None:
    batches, transitions = world.database.batches, world.database.transitions
    instance = await world.new_instance(concurrency=5, name="five")
    id_ = await batches.begin(None)
    for _ in range(5):
        await world.submit(batch_id=id_)
    runs = [claim.assignment.execution.id for claim in await world.claim(instance)]
    for number, outcome in ((3, SUCCESS), (0, UNRELEASED), (4, SUCCESS)):
        await transitions.finish(runs[number], 1, outcome)
    first = await batches.ended(id_, None, before=None, limit=2)
    assert [each.id for each in first] == [runs[3], runs[0]], "wherever they are stored"
    await transitions.cancel(runs[1], {"type": "cancelled"})
    rest = await batches.ended(id_, Place.behind(first[-1]), before=None, limit=10)
    assert [each.id for each in rest] == [runs[4], runs[1]]
    assert await batches.ended(id_, Place.behind(rest[-1]), before=None, limit=10) == []


async def test_nothing_is_read_before_what_may_still_come(world: World, connection: asyncpg.Connection) -> None:
    batches = world.database.batches
    id_ = await batches.begin(None)
    early, late = await world.submit(batch_id=id_), await world.submit(batch_id=id_)
    transaction = connection.transaction()
    await transaction.start()
    # Its end is dated to now, and committed later than that of the other one.
    await connection.execute("UPDATE executions SET state = 'cancelled', finished_at = now() WHERE id = $1", early.id)
    await world.database.transitions.cancel(late.id, {"type": "cancelled"})
    assert await batches.ended(id_, None, before=await batches.horizon(), limit=10) == []
    await transaction.commit()
    while len(found := await batches.ended(id_, None, before=await batches.horizon(), limit=10)) < 2:
        pass
    assert [each.id for each in found] == [early.id, late.id]


async def test_what_its_sender_has_left_is_found(world: World, connection: asyncpg.Connection) -> None:
    batches = world.database.batches
    left, complete, busy = [await batches.begin(None) for _ in range(3)]
    await batches.complete(complete)
    await connection.execute("UPDATE execution_batches SET created_at = now() - interval '1 hour'")
    await world.submit(batch_id=busy)
    assert await batches.abandoned(timedelta(minutes=10)) == [left]


async def test_batches_go_with_the_executions_of_their_time(world: World, connection: asyncpg.Connection) -> None:
    id_ = await world.database.batches.begin(None)
    submitted = await world.submit(batch_id=id_)
    await world.database.batches.complete(id_)
    await world.database.transitions.cancel(submitted.id, {"type": "cancelled"})
    await connection.execute("UPDATE execution_history SET created_at = $1", datetime.now(UTC) - timedelta(days=9))
    await connection.execute(f"SELECT setval('executions_id_seq', {PARTITION})")
    kept = await world.database.batches.begin(None)
    assert await world.database.history.forget(timedelta(days=1)) == 1
    with pytest.raises(NotFound):
        await world.database.batches.get(id_)
    assert (await world.database.batches.get(kept)).id == kept
