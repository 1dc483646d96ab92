"""What the tests of callbacks start from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from notifiers import Notifying, at_work
from receivers import Receiver
from world import World, new_world

from oaasplatform.database.database import Database
from oaasplatform.kit.sealing import Sealer
from oaasplatform.services.webhooks import WebhookService


@pytest.fixture
async def world(database: Database) -> World:
    """See :class:`World`."""
    return await new_world(database)


@pytest.fixture
async def webhooks(database: Database, tmp_path: Path) -> WebhookService:
    """What operators have."""
    await database.nodes.get_or_create("node")
    return WebhookService(database.webhooks, database.nodes, Sealer(None, tmp_path / "secret.key"))


@pytest.fixture
def notifying(database: Database, webhooks: WebhookService) -> Notifying:
    """See :func:`at_work`."""
    return partial(at_work, database, webhooks)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that answers well."""
    async with Receiver() as receiver:
        yield receiver
