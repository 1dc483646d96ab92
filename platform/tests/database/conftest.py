"""What the tests of queries start from."""

from __future__ import annotations

import pytest
from world import World, new_world

from oaasplatform.database.database import Database


@pytest.fixture
async def world(database: Database) -> World:
    """See :class:`World`."""
    return await new_world(database)
