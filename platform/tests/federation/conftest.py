"""A master with nodes that all tests of federation share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from members import Federation, Member

NODES = 3


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``OAAS_FAULT_ROUNDS=20`` repeats the tests of faults."""
    if "fault_round" in metafunc.fixturenames:
        metafunc.parametrize("fault_round", range(int(os.environ.get("OAAS_FAULT_ROUNDS", "1"))))


@pytest.fixture(scope="session")
async def federation(shared_dir: Path) -> AsyncIterator[Federation]:
    """A master and nodes that have joined it; tests leave it as they found it."""
    directory = shared_dir / "federation"
    directory.mkdir()
    directory.chmod(0o755)
    federation = Federation(directory)
    await federation.open(NODES)
    yield federation
    await federation.close()


@pytest.fixture(scope="session")
async def spare_node(federation: Federation) -> AsyncIterator[Member]:
    """A node without instances for which a test decides what it belongs to."""
    node = federation.new_node("spare")
    await node.start()
    member = await federation.connected(node)
    yield member
    await member.close()


@pytest.fixture
async def spare(federation: Federation, spare_node: Member) -> AsyncIterator[Member]:
    """The same, and it belongs to no master."""
    yield spare_node
    await spare_node.node.delete("/master", force=True)
    for each in (await federation.master.get("/oaasNodes", name="spare"))["items"]:
        await federation.master.delete(f"/oaasNodes/{each['id']}", status=204)
