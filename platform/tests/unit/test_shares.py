"""One quota for several containers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oaasplatform.domain.errors import InvalidQuota
from oaasplatform.domain.quotas import MINIMUM_RAM, Quota
from oaasplatform.domain.shares import divided

SHARES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(0.001, 1000), min_size=1, max_size=20)


def test_by_weight() -> None:
    parts = divided(Quota(cpu=2.0, ram=400 * 10**6, pids=100, gpus=2), {"api": 3, "queue": 1})
    assert parts == {
        "api": Quota(cpu=1.5, ram=300 * 10**6, pids=75, gpus=2),
        "queue": Quota(cpu=0.5, ram=100 * 10**6, pids=25, gpus=0),
    }


def test_what_is_not_limited_stays_so() -> None:
    assert divided(Quota(), {"api": 3, "queue": 1}) == {"api": Quota(), "queue": Quota()}


def test_the_least_goes_before_the_weight() -> None:
    parts = divided(Quota(ram=116 * 10**6), {"api": 3, "queue": 1, "tiny": 0.001})
    assert [part.ram for part in parts.values()] == [75 * 10**6, 25 * 10**6, MINIMUM_RAM]


@given(SHARES, st.integers(20 * MINIMUM_RAM, 10**12), st.floats(0.2, 64), st.integers(160, 10**6))
def test_no_more_than_there_is_and_enough_for_each(shares: dict[str, float], ram: int, cpu: float, pids: int) -> None:
    parts = divided(Quota(ram=ram, cpu=cpu, pids=pids), shares).values()
    assert ram - len(parts) <= sum(part.ram or 0 for part in parts) <= ram
    assert all((part.ram or 0) >= MINIMUM_RAM for part in parts)
    assert sum(part.cpu or 0 for part in parts) == pytest.approx(cpu)
    assert all((part.cpu or 0) >= 0.0099 for part in parts)
    assert pids - len(parts) <= sum(part.pids or 0 for part in parts) <= pids
    assert all((part.pids or 0) >= 8 for part in parts)


def test_too_little_for_all() -> None:
    with pytest.raises(InvalidQuota, match="ram: 31999999 are not enough for 2 containers"):
        divided(Quota(ram=2 * MINIMUM_RAM - 1), {"api": 3, "queue": 1})
