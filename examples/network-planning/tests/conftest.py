"""Fixtures of the example's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from planning_recorder import Recorder

from oaas_sdk.author import context


@pytest.fixture
def run() -> Iterator[Recorder]:
    """The run in which the test calls algorithms."""
    recorder = Recorder()
    context.enter(recorder)
    yield recorder
    context.leave()
