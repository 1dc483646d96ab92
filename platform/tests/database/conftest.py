"""What the tests of queries start from."""

from __future__ import annotations

import pytest
from world import World

from oaasplatform.database.database import Database
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.repositories import AlgorithmFilter, Descriptor


@pytest.fixture
async def world(database: Database) -> World:
    """See :class:`World`."""
    created = await database.repositories.create(name="planning", description="", image="image", protocol="auto")
    descriptor = Descriptor(
        reference="1",
        name="noop",
        version="1",
        description="",
        input_schema={},
        output_schema={},
        error_schema={},
        examples=[],
    )
    await database.repositories.discovered(
        created.id, digest="sha256:1", dialect="oaas", deployment=Deployment(), descriptors=[descriptor]
    )
    repository = await database.repositories.get(created.id)
    (algorithm,), _ = await database.repositories.algorithms(AlgorithmFilter(), Paging())
    world = World(database, repository, algorithm, None)  # type: ignore[arg-type]
    world.instance = await world.new_instance()
    return world
