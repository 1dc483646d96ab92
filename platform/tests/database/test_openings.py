"""What finds a free slot starts with its submission, and overtakes nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from world import World

from oaasplatform.domain.executions import Claim, ExecutionState, Opening, Outcome, ReadyInstance
from oaasplatform.domain.instances import Instance

SUCCESS = Outcome(state=ExecutionState.SUCCEEDED, output=b"{}", log=b"")
QUEUED, STARTING = ExecutionState.QUEUED, ExecutionState.STARTING


@dataclass
class Launcher:
    """Says that all ready instances have an empty queue, whether or not that is so, and keeps what starts."""

    ready: list[ReadyInstance]
    term: int = 0
    launched: list[tuple[int, Claim]] = field(default_factory=list)

    def opening(self, repository_id: int) -> Opening | None:
        """All instances of the repository."""
        instances = {each.id: each for each in self.ready if each.repository_id == repository_id}
        return Opening(instances=instances, term=self.term, launch_seconds=10, deadline_grace=5)

    def launch(self, instance: ReadyInstance, claims: Sequence[Claim]) -> None:
        """Note it."""
        self.launched += [(instance.id, claim) for claim in claims]


@pytest.fixture
async def launcher(world: World) -> AsyncIterator[Launcher]:
    """Knows the one instance of the world."""
    launcher = Launcher(await world.database.claims.ready())
    with world.database.openings.served_by(launcher):
        yield launcher


async def three_slots(world: World, launcher: Launcher) -> Instance:
    """Another instance, which the launcher alone knows from then on."""
    instance = await world.new_instance(concurrency=3, name="three")
    launcher.ready = [each for each in await world.database.claims.ready() if each.id == instance.id]
    return instance


async def test_it_starts_with_its_submission(world: World, launcher: Launcher) -> None:
    submitted = await world.submit(input=b'{"x": 1}', max_running_time=60)
    assert (submitted.state, submitted.attempt, submitted.instance_id) == (STARTING, 1, world.instance.id)
    ((instance_id, claim),) = launcher.launched
    assert instance_id == world.instance.id
    assert claim.assignment.execution == submitted
    assert (claim.input, claim.reference, len(claim.assignment.secret)) == (b'{"x": 1}', "1", 32)
    assert await world.database.transitions.of_secret(claim.assignment.secret) == submitted.id
    assert await world.claim() == []

    stored = await world.database.executions.get(submitted.id)
    assert (stored.state, stored.event_id, stored.quota) == (STARTING, 2, submitted.quota)
    assert await world.progress(stored, sequence=1)
    assert await world.database.transitions.finish(submitted.id, 1, SUCCESS)
    events = await world.database.executions.events(await world.database.executions.get(submitted.id), 0)
    assert [e.execution.state.value for e in events] == ["queued", "starting", "running", "succeeded"]


async def test_what_comes_together_takes_the_slots_in_its_order(world: World, launcher: Launcher) -> None:
    await three_slots(world, launcher)
    submitted = await asyncio.gather(*(world.submit() for _ in range(6)))
    assert [each.state for each in submitted] == [STARTING] * 3 + [QUEUED] * 3
    assert [claim.assignment.execution.id for _, claim in launcher.launched] == [each.id for each in submitted[:3]]
    assert world.database.listener.hunger().queued == {world.repository.id}


async def test_nobody_is_overtaken(world: World, launcher: Launcher) -> None:
    instance = await three_slots(world, launcher)
    created = await world.submit(launch=False)
    assert created.state is ExecutionState.CREATED
    assert await world.database.executions.launch(created.id) is not None
    assert (await world.submit()).state is QUEUED
    assert len(await world.claim(instance)) == 2
    assert (await world.submit()).state is STARTING


async def test_the_least_busy_instance_or_the_one_that_was_named(world: World, launcher: Launcher) -> None:
    await three_slots(world, launcher)
    launcher.ready = await world.database.claims.ready()
    one, three = sorted(each.id for each in launcher.ready)
    assert (await world.submit()).instance_id == three
    assert (await world.submit(instance_id=one)).state is QUEUED, "the other one is less busy, and is not meant"
    launcher.ready = [each for each in launcher.ready if each.id == three]
    assert (await world.submit()).state is QUEUED, "somebody waits, if only for the other one"


async def test_an_instance_that_is_not_ready_any_more(world: World, launcher: Launcher) -> None:
    (ready,) = launcher.ready
    launcher.ready = [replace(ready, target=replace(ready.target, generation=ready.target.generation - 1))]
    assert (await world.submit()).state is QUEUED
    assert launcher.launched == []


async def test_nothing_starts_in_an_old_term(world: World, launcher: Launcher) -> None:
    await world.database.nodes.get_or_create("node")
    assert await world.database.leadership.lead(lambda _: asyncio.sleep(0))
    assert (await world.submit()).state is QUEUED
    assert launcher.launched == []


async def test_nothing_starts_while_somebody_gives_slots_away(world: World, launcher: Launcher) -> None:
    async with world.database.openings.counting:
        assert (await world.submit()).state is QUEUED
    assert launcher.launched == []


async def test_a_repeated_request_starts_once(world: World, launcher: Launcher) -> None:
    first, second = [await world.submit(idempotency_key="k", request_hash=b"h") for _ in range(2)]
    assert first.id == second.id
    assert len(launcher.launched) == 1
