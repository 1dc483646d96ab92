"""Quotas: strict units, plain numbers back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oaasplatform.domain.errors import InvalidQuota
from oaasplatform.domain.quotas import Quota, parse_quota, quota_document


@pytest.mark.parametrize(
    ("document", "quota"),
    [
        ({"cpu": "1 core"}, Quota(cpu=1.0)),
        ({"cpu": "2 cores"}, Quota(cpu=2.0)),
        ({"cpu": 0.5}, Quota(cpu=0.5)),
        ({"cpu": "0.25"}, Quota(cpu=0.25)),
        ({"ram": "512MB"}, Quota(ram=512 * 10**6)),
        ({"ram": "512 MiB"}, Quota(ram=512 * 2**20)),
        ({"ram": 10**9}, Quota(ram=10**9)),
        ({"diskSpace": "10GB"}, Quota(disk_space=10**10)),
        ({"networkBandwidth": "100Mbps"}, Quota(network_bandwidth=10**8)),
        ({"networkBandwidth": "1.5 Gbps"}, Quota(network_bandwidth=15 * 10**8)),
        ({"pids": 256, "gpus": 0}, Quota(pids=256, gpus=0)),
        ({"pids": None}, Quota()),
    ],
)
def test_amounts(document: dict[str, Any], quota: Quota) -> None:
    assert parse_quota(document) == quota


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"ram": "512 bananas"}, "/ram"),
        ({"ram": "512mb"}, "/ram"),
        ({"ram": "-1GB"}, "/ram"),
        ({"ram": "1MB"}, "/ram"),
        ({"ram": 1e400}, "/ram"),
        ({"ram": True}, "/ram"),
        ({"cpu": "one"}, "/cpu"),
        ({"cpu": 0}, "/cpu"),
        ({"cpu": float("nan")}, "/cpu"),
        ({"networkBandwidth": "100MB"}, "/networkBandwidth"),
        ({"pids": 10.5}, "/pids"),
        ({"pids": []}, "/pids"),
        ({"memory": "1GB"}, "/memory"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_place(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidQuota) as refused:
        parse_quota(document)
    assert [v.pointer for v in refused.value.violations] == [pointer]


def test_every_mistake_is_named() -> None:
    with pytest.raises(InvalidQuota) as refused:
        parse_quota({"cpu": "x", "ram": "y", "z": 1})
    assert {v.pointer for v in refused.value.violations} == {"/cpu", "/ram", "/z"}


def test_what_is_missing_comes_from_the_defaults() -> None:
    assert parse_quota({"cpu": 2}, Quota(cpu=1, ram=10**9)) == Quota(cpu=2, ram=10**9)


@given(
    st.builds(
        Quota,
        cpu=st.none() | st.floats(0.01, 1024),
        ram=st.none() | st.integers(16 * 10**6, 2**50),
        disk_space=st.none() | st.integers(10**6, 2**50),
        network_bandwidth=st.none() | st.integers(10**4, 2**40),
        pids=st.none() | st.integers(8, 2**20),
        gpus=st.none() | st.integers(0, 64),
    )
)
def test_documents_read_back_the_same(quota: Quota) -> None:
    assert parse_quota(quota_document(quota)) == quota
