"""One process leads; what a former leader does late changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from world import World

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import LeadershipLost
from oaasplatform.domain.executions import ExecutionState, Outcome
from oaasplatform.domain.instances import InstanceStatus

SUCCESS = Outcome(state=ExecutionState.SUCCEEDED, output=b'{"a":1}', log=b"hello")
ERROR = {"type": "infrastructureLost"}
HOLDER = """
    SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE locktype = 'advisory' AND objid = $1 AND granted AND datname = current_database()
"""
LOCK = 0x0AA5_0004


class Leader:
    """A process that leads, or waits to; in this test, with connections of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.leads = asyncio.Event()
        self.terms: list[int] = []
        self.work_ended = asyncio.Event()
        self.task = asyncio.create_task(database.leadership.lead(self._work))

    async def _work(self, term: int) -> None:
        self.terms.append(term)
        self.leads.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.work_ended.set()


@asynccontextmanager
async def process_on(dsn: str, directory: Path) -> AsyncIterator[Leader]:
    """A process with its own connections."""
    database = Database(dsn, directory, auto_migrate=True)
    await database.open()
    await database.nodes.get_or_create("node")
    leader = Leader(database)
    try:
        yield leader
    finally:
        leader.task.cancel()
        await asyncio.gather(leader.task, return_exceptions=True)
        await database.close()


async def test_one_leads_and_the_other_takes_over_in_a_moment(fresh_dsn: str, shared_dir: Path) -> None:
    async with process_on(fresh_dsn, shared_dir) as first:
        await asyncio.wait_for(first.leads.wait(), 10)
        async with process_on(fresh_dsn, shared_dir) as second:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(second.leads.wait(), 1.5)
            assert not await second.database.leadership.lead(second._work, patience=0.1)
            first.task.cancel()
            # Announced: faster than the next look would be.
            await asyncio.wait_for(second.leads.wait(), 0.9)
            assert (first.database.leadership.term, second.database.leadership.term) == (None, 2)


async def test_work_ends_when_the_session_is_lost(fresh_dsn: str, shared_dir: Path) -> None:
    async with process_on(fresh_dsn, shared_dir) as leader:
        await asyncio.wait_for(leader.leads.wait(), 10)
        await _end_session(fresh_dsn)
        with pytest.raises(LeadershipLost):
            await asyncio.wait_for(leader.task, 5)
        assert leader.work_ended.is_set()
        assert leader.database.leadership.term is None
        assert await leader.database.leadership.lead(_nothing, patience=5.0)


async def test_a_failure_of_the_work_gives_the_role_back(fresh_dsn: str, shared_dir: Path) -> None:
    async with process_on(fresh_dsn, shared_dir) as leader:
        await asyncio.wait_for(leader.leads.wait(), 10)
        async with process_on(fresh_dsn, shared_dir) as second:
            leader.task.cancel()
            await asyncio.wait_for(second.leads.wait(), 5)
            second.task.cancel()
            await asyncio.wait({second.task})
            with pytest.raises(ZeroDivisionError):
                await leader.database.leadership.lead(_fail)
            assert await second.database.leadership.lead(_nothing, patience=1.0)


async def test_nothing_is_claimed_in_an_old_term(world: World) -> None:
    await world.database.nodes.get_or_create("node")
    await world.submit()
    terms: list[int] = []

    async def note(term: int) -> None:
        terms.append(term)

    assert await world.database.leadership.lead(note)
    assert await world.database.leadership.lead(note)
    old, new = terms
    assert await world.claim(term=old) == []
    assert await world.claim(term=old, user_limit=5) == []
    assert len(await world.claim(term=new)) == 1


async def test_a_late_launch_of_a_former_leader_succeeds_for_nobody(world: World) -> None:
    """A claims and stops before its launch; B takes it back and runs it; then A goes on where it was."""
    await world.database.nodes.get_or_create("node")
    submitted = await world.submit()
    (by_a,) = await world.claim(term=0)
    late = by_a.assignment.execution

    events: list[bool] = []

    async def b_works(term: int) -> None:
        transitions = world.database.transitions
        # B's poll finds that the launch never arrived.
        assert await transitions.requeue(
            late.id, late.attempt, "Its launch did not reach the instance.", rest_seconds=0
        )
        (by_b,) = await world.claim(term=term)
        now = by_b.assignment.execution
        assert (now.id, now.attempt) == (late.id, late.attempt + 1)
        assert by_b.assignment.secret != by_a.assignment.secret
        # A goes on: its launch is accepted, runs, and ends. All of it is about an attempt that nobody knows.
        events.append(await world.progress(late, sequence=1))
        events.append(await transitions.finish(late.id, late.attempt, SUCCESS))
        events.append(await transitions.requeue(late.id, late.attempt, "busy", rest_seconds=0))
        events.append(await transitions.lose(late.id, late.attempt, "lost", ERROR))
        assert await world.claim(term=0) == []
        assert await transitions.finish(now.id, now.attempt, SUCCESS)
        events.append(await transitions.finish(late.id, late.attempt, SUCCESS))

    assert await world.database.leadership.lead(b_works)
    assert events == [False] * 5
    ended = await world.database.executions.get(submitted.id)
    assert (ended.state, ended.attempt) == (ExecutionState.SUCCEEDED, 2)
    recorded = await world.database.executions.events(ended, 0)
    assert [each.execution.state.value for each in recorded].count("succeeded") == 1


async def test_a_late_verdict_of_a_former_reconciler_changes_nothing(world: World) -> None:
    """A has seen a unit end; B has replaced it meanwhile."""
    seen_by_a = await world.database.instances.get(world.instance.id)
    await world.database.instances.condemn(seen_by_a.id, seen_by_a.generation, "it ended")
    begun = await world.database.instances.begin(await world.database.instances.get(seen_by_a.id))
    assert begun is not None
    await world.database.instances.ready(begun, "http://127.0.0.1:2", 1)
    await world.database.instances.condemn(seen_by_a.id, seen_by_a.generation, "late")
    await world.database.instances.set_status(seen_by_a, InstanceStatus.RESTARTING, "late")
    assert await world.database.instances.begin(seen_by_a) is None
    now = await world.database.instances.get(seen_by_a.id)
    assert (now.status, now.generation) == (InstanceStatus.READY, seen_by_a.generation + 1)


async def _end_session(dsn: str) -> None:
    admin = await asyncpg.connect(dsn)
    pid = await admin.fetchval(HOLDER, LOCK)
    assert await admin.fetchval("SELECT pg_terminate_backend($1)", pid)
    await admin.close()


async def _nothing(term: int) -> None:
    pass


async def _fail(term: int) -> None:
    raise ZeroDivisionError
