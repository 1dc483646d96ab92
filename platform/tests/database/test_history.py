"""A long history costs nothing: executions that are over stand apart, are found by index, and go in one stroke."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from world import World

from oaasplatform.database.queries.history import PARTITION
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.executions import ExecutionFilter, ExecutionState, Outcome
from oaasplatform.domain.paging import Paging

SUCCESS = Outcome(state=ExecutionState.SUCCEEDED, output=b"{}", log=b"hello")
FILL = """
    INSERT INTO execution_history (id, created_at, modified_at, finished_at, algorithm_id, algorithm_name,
        algorithm_version, repository_id, user_id, priority, max_attempts, state, attempt, losses, event_id)
    SELECT id, $2, $2, $2, id % 3, 'noop', '1', 1, 'user ' || id % 50, 0, 2,
        CASE WHEN id % 500 = 0 THEN 'failed' ELSE 'succeeded' END, 1, 0, 4
    FROM generate_series($1::bigint, $1::bigint + 19999) AS id
"""


@pytest.fixture
async def connection(world: World, fresh_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Beside the node's own."""
    connection = await asyncpg.connect(fresh_dsn)
    yield connection
    await connection.close()


async def test_what_is_over_leaves_the_small_table(world: World, connection: asyncpg.Connection) -> None:
    finished, cancelled, waiting = await world.running(), await world.submit(), await world.submit()
    await world.database.transitions.finish(finished.id, 1, SUCCESS)
    await world.database.transitions.cancel(cancelled.id, {"type": "cancelled"})
    left = await connection.fetch("SELECT id FROM executions")
    assert [row["id"] for row in left] == [waiting.id]
    page, _ = await world.database.executions.page(ExecutionFilter(), Paging(limit=10))
    assert [each.id for each in page] == [waiting.id, cancelled.id, finished.id]


@pytest.mark.parametrize(
    "wanted",
    [
        ExecutionFilter(),
        ExecutionFilter(user_id="user 7"),
        ExecutionFilter(algorithm_id=2),
        ExecutionFilter(states=[ExecutionState.FAILED]),
    ],
)
@pytest.mark.parametrize("before", [None, 10_000])
async def test_pages_read_what_they_show(
    world: World, connection: asyncpg.Connection, wanted: ExecutionFilter, before: int | None
) -> None:
    await connection.execute(FILL, 1, datetime.now(UTC))
    await connection.execute("ANALYZE execution_history")
    await connection.execute("SELECT pg_stat_reset()")
    page, cursor = await world.database.executions.page(wanted, Paging(limit=10, before=before))
    assert len(page) == 10
    assert cursor == page[-1].id
    assert [each.id for each in page] == sorted((each.id for each in page), reverse=True)
    read = await _rows_read(world, connection)
    assert read < 1500, f"{read} rows were read for a page of 10"


async def test_old_partitions_go_as_a_whole(world: World, connection: asyncpg.Connection) -> None:
    await connection.execute(FILL, 1, datetime.now(UTC) - timedelta(days=40))
    await connection.execute(f"SELECT setval('executions_id_seq', {PARTITION})")
    await world.database.history.prepare()
    kept = await world.submit()
    assert kept.id == PARTITION + 1
    assert await world.database.history.forget(timedelta(days=60)) == 0
    assert (await world.database.executions.get(1)).id == 1
    assert await world.database.history.forget(timedelta(days=30)) == 1
    with pytest.raises(NotFound):
        await world.database.executions.get(1)
    assert await world.database.executions.input(kept.id) == b"{}"
    assert await world.database.history.forget(timedelta(days=0)) == 0, "the newest one is still being filled"


async def test_partitions_with_anything_that_goes_on_stay(world: World, connection: asyncpg.Connection) -> None:
    old = await world.submit()
    await connection.execute("UPDATE executions SET created_at = created_at - interval '1 year'")
    await connection.execute(f"SELECT setval('executions_id_seq', {PARTITION})")
    await world.database.history.prepare()
    assert await world.database.history.forget(timedelta(days=1)) == 0
    (claim,) = await world.claim()
    assert (claim.assignment.execution.id, claim.input) == (old.id, b"{}")


async def test_partitions_are_there_before_they_are_needed(world: World, connection: asyncpg.Connection) -> None:
    await connection.execute(f"SELECT setval('executions_id_seq', {3 * PARTITION - 2})")
    await world.database.history.prepare()
    first, second = await world.submit(), await world.submit()
    assert (first.id, second.id) == (3 * PARTITION - 1, 3 * PARTITION)


async def _rows_read(world: World, connection: asyncpg.Connection) -> int:
    """Of the history, by indexes and otherwise."""
    # A backend reports what it has read when it is idle, at the latest when it ends.
    await world.database.close()
    read: int = await connection.fetchval(
        "SELECT sum(seq_tup_read) + sum(idx_tup_fetch) FROM pg_stat_user_tables WHERE relname LIKE 'execution_history%'"
    )
    return read
