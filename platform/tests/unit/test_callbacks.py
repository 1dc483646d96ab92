"""Whom a callback without a secret of its own came from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from oaasplatform.api.callbacks import create_callback_app


class _Received:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def receive_by_number(self, number: int, sender: str, body: AsyncIterator[bytes]) -> None:
        self.calls.append((number, sender, b"".join([chunk async for chunk in body])))

    receive = receive_by_number


@pytest.mark.parametrize(
    ("seen", "sender"),
    [("172.18.0.3", "172.18.0.3"), ("::ffff:172.18.0.3", "172.18.0.3"), ("fd00::3", "fd00::3"), ("socket", "socket")],
)
def test_the_sender_of_a_callback(seen: str, sender: str) -> None:
    received = _Received()
    services: Any = SimpleNamespace(callbacks=received)
    client = TestClient(create_callback_app(services, max_output_bytes=1000), client=(seen, 40_000))
    answer = client.post(f"/callback/{2**128 - 1}", content=b"{}", headers={"X-Forwarded-For": "10.0.0.1"})
    assert (answer.status_code, received.calls) == (204, [(2**128 - 1, sender, b"{}")])


def test_a_callback_with_a_secret() -> None:
    received = _Received()
    services: Any = SimpleNamespace(callbacks=received)
    client = TestClient(create_callback_app(services, max_output_bytes=1000))
    assert client.post("/callback/7?secret=abc", content=b"{}").status_code == 204
    assert received.calls == [(7, "abc", b"{}")]
