"""Places in the queue: users take turns, priorities are head starts, nothing waits for ever."""

from __future__ import annotations

import time

import pytest

from oaasplatform.services.scheduling import HEAD_START, Scheduler


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be changed."""
    clock = [1000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    return clock


def test_users_take_turns(now: list[float]) -> None:
    scheduler = Scheduler()
    many = [scheduler.rank(1, "many", 0) for _ in range(100)]
    one = scheduler.rank(1, "one", 0)
    assert sorted([*many, one]).index(one) <= 1


def test_a_user_alone_is_served_in_order(now: list[float]) -> None:
    scheduler = Scheduler()
    ranks = [scheduler.rank(1, None, 0) for _ in range(5)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 5


def test_repositories_do_not_share_turns(now: list[float]) -> None:
    scheduler = Scheduler()
    for _ in range(10):
        scheduler.rank(1, "user", 0)
    assert scheduler.rank(2, "user", 0) == now[0]


def test_a_higher_priority_goes_first_but_not_for_ever(now: list[float]) -> None:
    scheduler = Scheduler()
    low = scheduler.rank(1, "low", 0)
    assert scheduler.rank(1, "high", 3) < low
    now[0] += 3 * HEAD_START + 1
    assert scheduler.rank(1, "late", 3) > low


def test_who_has_waited_for_long_owes_nothing(now: list[float]) -> None:
    scheduler = Scheduler()
    for _ in range(50):
        scheduler.rank(1, "user", 0)
    now[0] += 1000
    assert scheduler.rank(1, "user", 0) == now[0]
