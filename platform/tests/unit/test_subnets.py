"""Addresses for networks of stacks."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.runtimes.docker.stacks.subnets import free_subnets, host_routes
from oaasplatform.settings import load_settings

RANGE = IPv4Network("10.213.0.0/24")
ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t4000D50A\t00000000\t0001\t0\t0\t0\tC0FFFFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


def test_all_of_a_range() -> None:
    assert set(free_subnets(RANGE, [])) == set(RANGE.subnets(new_prefix=27))


def test_what_is_taken_is_left_out() -> None:
    taken = [IPv4Network("10.213.0.0/26"), IPv4Network("10.213.0.100/31"), IPv4Network("192.168.0.0/16")]
    left = {str(subnet) for subnet in free_subnets(RANGE, taken)}
    assert left == {f"10.213.0.{last}/27" for last in (64, 128, 160, 192, 224)}
    assert list(free_subnets(RANGE, [IPv4Network("10.0.0.0/8")])) == []


def test_routes_of_this_machine(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(ROUTES)
    assert host_routes(table) == [IPv4Network("10.213.0.64/26"), IPv4Network("192.0.2.0/24")]
    assert host_routes(tmp_path / "nothing") == []


def test_a_range_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAAS_STACK_NETWORKS", "10.1.0.0/27")
    assert load_settings().stack_networks == IPv4Network("10.1.0.0/27")
    monkeypatch.setenv("OAAS_STACK_NETWORKS", "10.1.0.0/28")
    with pytest.raises(SettingsInvalid, match="no room"):
        load_settings()
