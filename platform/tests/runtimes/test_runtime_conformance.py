"""What every driver promises, asked of every driver."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from runtimes_harness import SECONDS, Harness

from oaasplatform.domain.errors import ImageUnavailable, WrongState
from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import UnitSpec, UnitState


async def test_a_started_unit_is_listed_and_answers(harness: Harness) -> None:
    unit = await harness.up(instance=7, generation=3)
    assert (unit.instance_id, unit.generation, unit.state) == (7, 3, UnitState.RUNNING)
    assert unit.exit_code is None and unit.finished_at is None and unit.started_at is not None
    assert abs(datetime.now(UTC) - unit.started_at) < timedelta(seconds=30)
    assert await harness.runtime.units() == [unit]


async def test_starting_again_adopts(harness: Harness) -> None:
    unit = await harness.up()
    again, _ = await harness.runtime.start(await harness.spec())
    assert again.id == unit.id
    assert len(await harness.runtime.units()) == 1


async def test_starting_at_the_same_time_makes_one_unit(harness: Harness) -> None:
    spec = await harness.spec()
    started = await asyncio.gather(*(harness.runtime.start(spec) for _ in range(4)))
    assert len({unit.id for unit, _ in started}) == 1
    assert len(await harness.runtime.units()) == 1


async def test_generations_of_an_instance_are_different_units(harness: Harness) -> None:
    first, second = await harness.up(generation=1), await harness.up(generation=2)
    assert first.id != second.id
    await harness.runtime.remove(first.id)
    assert [unit.generation for unit in await harness.runtime.units()] == [2]


async def test_a_new_driver_adopts_what_runs(harness: Harness) -> None:
    unit = await harness.up()
    before = await harness.ask(unit, "health")
    await harness.restart()
    adopted, _ = await harness.runtime.start(await harness.spec())
    assert adopted == unit
    assert await harness.ask(adopted, "health") == before


async def test_an_ended_unit_is_adopted_but_not_started_again(harness: Harness) -> None:
    unit = await harness.up()
    await harness.do(unit, "leave", code=4)
    await harness.ended(unit)
    again, _ = await harness.runtime.start(await harness.spec())
    assert (again.id, again.state, again.exit_code) == (unit.id, UnitState.EXITED, 4)


async def test_the_exit_code_is_known(harness: Harness) -> None:
    unit = await harness.up()
    await harness.do(unit, "leave", code=3)
    ended = await harness.ended(unit)
    assert (ended.exit_code, ended.out_of_memory, ended.base_url) == (3, False, None)
    assert ended.started_at is not None and ended.finished_at is not None
    assert timedelta(0) < ended.finished_at - ended.started_at < timedelta(seconds=60)


async def test_stop_lets_the_unit_end_by_itself(harness: Harness) -> None:
    unit = await harness.up()
    await harness.runtime.stop(unit.id)
    stopped = await harness.look(unit)
    assert stopped is not None
    assert (stopped.state, stopped.exit_code, stopped.out_of_memory) == (UnitState.EXITED, 0, False)
    await harness.runtime.stop(unit.id)
    assert "the unit is up" in await harness.log(unit)


async def test_stop_kills_what_does_not_listen(harness: Harness) -> None:
    unit = await harness.up()
    await harness.ask(unit, "ignore_term")
    await harness.runtime.stop(unit.id, grace=1)
    stopped = await harness.look(unit)
    assert stopped is not None
    assert (stopped.state, stopped.exit_code, stopped.out_of_memory) == (UnitState.EXITED, 137, False)


async def test_remove_leaves_nothing(harness: Harness) -> None:
    unit = await harness.up()
    await harness.runtime.remove(unit.id)
    assert await harness.runtime.units() == []
    assert await harness.log(unit) == ""
    await harness.runtime.remove(unit.id)


@pytest.mark.parametrize("id_", ["0" * 64, "8-1", "stack-8-1", "..", "nothing"])
async def test_unknown_units_are_no_problem(harness: Harness, id_: str) -> None:
    unit = await harness.up()
    await harness.runtime.stop(id_)
    await harness.runtime.remove(id_)
    assert [chunk async for chunk in harness.runtime.logs(id_)] == []
    with pytest.raises(WrongState):
        await harness.runtime.stats(id_)
    assert await harness.runtime.units() == [unit]


async def test_logs_hold_both_streams_and_any_bytes(harness: Harness) -> None:
    unit = await harness.up()
    for number in range(5):
        await harness.ask(unit, "say", text=f"line {number}", to=("stdout", "stderr")[number % 2])
        await harness.logged(unit, f"line {number}\n")
    await harness.ask(unit, "say_bytes", hexadecimal="fffe00410a")
    lines = [f"{harness.prefix}line {number}\n" for number in range(5)]
    # Docker's own log files are text: what is not UTF-8 is replaced, but nothing is lost or out of place.
    last = harness.prefix + b"\xff\xfe\x00A\n".decode(errors="replace")
    assert await harness.log(unit) == "".join([f"{harness.prefix}the unit is up\n", *lines, last])
    assert await harness.log(unit, tail=2) == lines[-1] + last


async def test_followed_logs_go_on_until_the_unit_ends(harness: Harness) -> None:
    unit = await harness.up()
    heard = bytearray()

    async def listen() -> None:
        async for chunk in harness.runtime.logs(unit.id, tail=0, follow=True):
            heard.extend(chunk)

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(listen())
        while b"still here" not in heard:
            # Where listening begins is up to the engine; say it until it is heard.
            await harness.ask(unit, "say", text="still here")
            await asyncio.sleep(0.1)
        await harness.ask(unit, "say", text="good bye")
        await harness.do(unit, "leave", code=0)
    assert heard.endswith(b"good bye\n")


async def test_stats_tell_what_is_used(harness: Harness) -> None:
    unit = await harness.up(pids=100)
    await harness.ask(unit, "eat", megabytes=64)
    await harness.runtime.stats(unit.id)
    await harness.ask(unit, "burn", seconds=1)
    stats = await harness.runtime.stats(unit.id)
    assert 0.05 < stats.cpu < 1.5
    assert 64 * 2**20 < stats.memory < 256 * 2**20
    assert 1 <= stats.pids < 20
    await harness.runtime.stop(unit.id)
    with pytest.raises(WrongState):
        await harness.runtime.stats(unit.id)


async def test_events_tell_of_starts_and_ends(harness: Harness) -> None:
    hints = harness.runtime.events()
    try:
        async with asyncio.timeout(SECONDS):
            await anext(hints)
            unit = await harness.up()
            await anext(hints)
            await harness.do(unit, "leave", code=0)
            while (now := await harness.look(unit)) is not None and now.state is UnitState.RUNNING:
                await anext(hints)
    finally:
        await hints.aclose()  # type: ignore[attr-defined]


async def test_the_environment_holds_what_was_asked_for_and_no_secrets(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_PASSWORD", "secret")
    unit = await harness.up()
    environment = (await harness.ask(unit, "health"))["environment"]
    assert environment["GREETING"] == "good morning"
    assert "POSTGRES_PASSWORD" not in environment


async def test_units_reach_the_node(harness: Harness) -> None:
    unit = await harness.up()
    server = await asyncio.start_server(lambda _, writer: writer.close(), harness.runtime.callback_host, 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        assert await harness.ask(unit, "connect", host=host, port=port) == {"error": None}


async def test_the_engine_says_who_it_is(harness: Harness) -> None:
    info = await harness.runtime.info()
    assert info.name == harness.runtime.name
    assert info.version
    assert info.cpu >= 1 and info.ram > 2**28 and info.disk > 0


async def test_every_part_of_a_quota_is_answered(harness: Harness) -> None:
    quota = Quota(cpu=0.5, ram=10**8, disk_space=10**7, network_bandwidth=10**7, pids=64, gpus=0)
    answers = harness.runtime.enforceable(quota)
    assert set(answers) == {"cpu", "ram", "diskSpace", "networkBandwidth", "pids", "gpus"}
    assert all(answer.detail for answer in answers.values())
    assert harness.runtime.enforceable(Quota()) == {}
    assert set(harness.runtime.enforceable(Quota(cpu=1.0))) == {"cpu"}


@pytest.mark.parametrize("reference", ["/no/such/directory", "no such image", "../etc", "UPPER/case", ""])
async def test_what_is_no_repository_is_refused(harness: Harness, reference: str) -> None:
    with pytest.raises(ImageUnavailable) as refused:
        await harness.runtime.prepare(reference)
    assert reference in refused.value.detail


async def test_a_unit_of_an_unknown_digest_is_refused_and_leaves_nothing(harness: Harness) -> None:
    spec = UnitSpec(
        instance_id=1, generation=1, reference=harness.reference, digest=f"sha256:{'0' * 64}", port=1, quota=Quota()
    )
    with pytest.raises(ImageUnavailable, match="efresh the repository"):
        await harness.runtime.start(spec)
    assert await harness.runtime.units() == []


async def test_preparing_again_gives_the_same_digest(harness: Harness) -> None:
    first = await harness.runtime.prepare(harness.reference)
    assert await harness.runtime.prepare(harness.reference) == first
    assert first.reference == harness.reference


async def test_purge_removes_all_and_the_driver_can_go_on(harness: Harness) -> None:
    for instance in (1, 2):
        await harness.up(instance)
    await harness.runtime.purge()
    assert await harness.runtime.units() == []
    await harness.runtime.purge()
    await harness.runtime.open()
    await harness.up(3)
