"""``Prefer: wait``."""

from __future__ import annotations

import pytest

from oaasplatform.api.parameters import MAX_WAIT, wait_of


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("wait=10", 10),
        ("respond-async, wait=10", 10),
        ("WAIT = 2.5", 2.5),
        ('wait="3"', 3),
        ("wait=-1", 0),
        ("wait=x", 0),
        ("await=5", 0),
        ("wait=99999999", MAX_WAIT),
    ],
)
def test_seconds(header: str | None, seconds: float) -> None:
    assert wait_of(header) == seconds
