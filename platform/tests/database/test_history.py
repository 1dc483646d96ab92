"""A long history costs nothing: what happens all the time reads only what is queued or running."""

from __future__ import annotations

import re
from typing import Any

import asyncpg
import pytest
from world import World

from oaasplatform.database.queries import transitions

HISTORY = """
    INSERT INTO executions (algorithm_id, algorithm_name, repository_id, priority, max_attempts, state, attempt, losses,
        instance_id, instance_generation, release_pending, sequence, event_id, created_at, modified_at)
    SELECT 1, 'noop', 1, 0, 2, 'succeeded', 1, 0, 1, 1, false, 1, 4, now(), now() FROM generate_series(1, 50000)
"""
STATEMENTS: dict[str, tuple[Any, ...]] = {
    "_CANDIDATES": (),
    "_CLAIM": (1, 10.0, 5.0, ["oaas"]),
    "_OF_SECRET": ("0" * 32,),
    "_NEXT_RESTED": (),
    "_POLL": (64, 5.0),
    "_EXPIRE": ("{}",),
    "_RECOVER": ("{}", "{}"),
    "_ABANDON": ("{}",),
    "_TO_RELEASE": (64,),
    "_RELEASE_ORPHANS": (),
}


@pytest.fixture
async def history(world: World, fresh_dsn: str) -> asyncpg.Connection:
    """A connection to a database with many executions that ended, and two that did not."""
    connection = await asyncpg.connect(fresh_dsn)
    await connection.execute(HISTORY)
    await world.running()
    await world.submit()
    await connection.execute("ANALYZE")
    return connection


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_statement_of_the_loops_reads_the_history(history: asyncpg.Connection, name: str) -> None:
    plan = await history.fetch(f"EXPLAIN {getattr(transitions, name)}", *STATEMENTS[name])
    lines = [row[0] for row in plan]
    await history.close()
    read = [line for line in lines if re.search(r"Seq Scan on executions\b", line)]
    assert not read, "\n".join(lines)
