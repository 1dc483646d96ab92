"""What node and master know of each other: addresses, keys, where a node's API appears, what a newer side adds."""

from __future__ import annotations

import msgspec
import pytest

from oaasplatform.domain.addresses import base_url, host_and_port
from oaasplatform.kit.keys import authorization, digest, new_key, shown_key
from oaasplatform.master.domain.mounts import NodeMount
from oaasplatform.schemas.federation import Heartbeat, HeartbeatAnswer


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/algorithmExecutions", "/algorithmExecutions/3"),
        ("/algorithmExecutions/7/output", "/algorithmExecutions/3/7/output"),
        ("/algorithmRepositoriesInstances/1/proxy/", "/algorithmRepositoriesInstances/3/1/proxy/"),
        ("/algorithmRepositories/", "/algorithmRepositories/3/"),
        ("/algorithmRepositoriesX/1", None),
        ("/docs", None),
        ("/", None),
    ],
)
def test_where_a_node_appears(path: str, expected: str | None) -> None:
    assert NodeMount(3).outside(path) == expected


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://10.0.0.1:5000/", "10.0.0.1", 5000),
        ("https://master.example.org", "master.example.org", 443),
        ("http://[fd00::1]:5000", "fd00::1", 5000),
        ("http://proxy/oaas/node-1", "proxy", 80),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert not base_url(text).endswith("/")
    assert host_and_port(base_url(text)) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.1:5000",
        "ftp://x",
        "http://",
        "http://x:99999",
        "http://u:p@x",
        "http://x?a",
        "http://x#a",
        "http://x\n",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        base_url(text)


def test_keys_are_shown_and_stored_as_digests() -> None:
    key = new_key()
    assert shown_key(authorization(key)) == shown_key(f"bearer {key}") == key
    assert shown_key(None) is shown_key("Basic abc") is None
    assert key not in digest(key)
    assert digest(key) != digest(new_key())


def test_sides_of_different_versions_understand_each_other() -> None:
    answer = msgspec.json.decode(b'{"nextInSeconds": 3, "ofTomorrow": [1]}', type=HeartbeatAnswer)
    assert answer == HeartbeatAnswer(next_in_seconds=3)
    with pytest.raises(msgspec.ValidationError, match="status"):
        msgspec.json.decode(b'{"sentAt": 1, "version": "", "status": "odd"}', type=Heartbeat)
