"""Who waits for many executions gets each of them once, with its output, however slowly it asks."""

from __future__ import annotations

import asyncio

from world import World

from oaasplatform.database.queries.transitions import End
from oaasplatform.domain.executions import ExecutionState, Found, Outcome, Submission
from oaasplatform.services.ends import Ends, ends


async def submitted(world: World, count: int) -> list[int]:
    """Executions that have started."""
    instance = await world.new_instance(concurrency=count, name=f"{count} slots")
    await world.database.executions.submit_all([Submission(algorithm=world.algorithm, input=b"{}")] * count)
    return [claim.assignment.execution.id for claim in await world.claim(instance)]


async def finish(world: World, ids: list[int]) -> None:
    """Let them succeed, each with an output of its own."""
    outcomes = {id_: Outcome(state=ExecutionState.SUCCEEDED, output=b"%d" % id_, log=b"") for id_ in ids}
    await world.database.transitions.finish_all(End(id_, 1, outcome, None) for id_, outcome in outcomes.items())


async def collect(waiting: Ends, seconds: float) -> list[Found]:
    """All that comes."""
    return [found async for group in waiting.come(seconds) for found in group]


async def test_all_come_although_nobody_listened_meanwhile(world: World) -> None:
    ids = await submitted(world, 5000)
    with ends(world.database.executions, world.database.changes) as waiting:
        waiting.add(ids)
        await finish(world, ids)
        found = await asyncio.wait_for(collect(waiting, 600), 4)
    assert sorted(each.execution.id for each in found) == ids
    assert all(each.output == b"%d" % each.execution.id for each in found)


async def test_those_that_ended_before_and_those_that_go_on(world: World) -> None:
    before, meanwhile, never = await submitted(world, 3)
    await finish(world, [before])
    with ends(world.database.executions, world.database.changes) as waiting:
        waiting.add([before, meanwhile, never])
        task = asyncio.create_task(collect(waiting, 1))
        await finish(world, [meanwhile])
        found = {each.execution.id: each.execution.state for each in await task}
    assert found == {
        before: ExecutionState.SUCCEEDED,
        meanwhile: ExecutionState.SUCCEEDED,
        never: ExecutionState.STARTING,
    }
    assert not world.database.changes.expected
