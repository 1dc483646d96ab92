"""What tells two JSON documents apart."""

from __future__ import annotations

from typing import Any

import pytest

from oaasplatform.domain.differences import MISSING, Difference, differences
from oaasplatform.schemas.comparisons import difference_views


@pytest.mark.parametrize(
    ("value", "other", "found"),
    [
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2.0}]}, []),
        (1, "1", [Difference("", 1, "1")]),
        (True, 1, [Difference("", True, 1)]),
        ([0, False], [0, 0], [Difference("/1", False, 0)]),
        ({"a": 1}, [1], [Difference("", {"a": 1}, [1])]),
        (
            {"b": 1, "a": {"x": 1, "y": 2}},
            {"a": {"y": 3}, "c": None},
            [
                Difference("/b", 1, MISSING),
                Difference("/a/x", 1, MISSING),
                Difference("/a/y", 2, 3),
                Difference("/c", MISSING, None),
            ],
        ),
        ([1, 2, 3], [1, 5], [Difference("/1", 2, 5), Difference("/2", 3, MISSING)]),
        ({"a/b": 1, "~": 1}, {"a/b": 2, "~": 2}, [Difference("/a~1b", 1, 2), Difference("/~0", 1, 2)]),
    ],
)
def test_differences(value: Any, other: Any, found: list[Difference]) -> None:
    assert list(differences(value, other)) == found


def test_depth_is_no_matter() -> None:
    one: Any = 1
    two: Any = 2
    for _ in range(100_000):
        one, two = [one], [two]
    (found,) = differences(one, two)
    assert found.pointer == "/0" * 100_000


def test_no_more_is_shown_than_anybody_reads() -> None:
    views, complete = difference_views(differences(list(range(1000)), []))
    assert (len(views), complete) == (100, False)
    (long,), complete = difference_views(differences("é" * 1000, None))
    assert complete
    assert len(long.value) < 500
    assert long.value.endswith("…")
    assert long.other is None
