"""The row of the node itself."""

from __future__ import annotations

import secrets
from typing import Any

from tortoise.exceptions import IntegrityError

from oaasplatform.database import models
from oaasplatform.database.errors import translated
from oaasplatform.domain.nodes import Node


def _node(row: models.Node) -> Node:
    return Node(
        id=row.id,
        uid=row.uid,
        uuid=row.uuid,
        name=row.name,
        description=row.description,
        owner=row.owner,
        address=row.address,
        port=row.port,
        callback_port=row.callback_port,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


class NodeQueries:
    """Reads and writes of the node."""

    async def get_or_create(self, name: str) -> Node:
        """The node; made with a fresh ``uid`` at the first start."""
        with translated():
            row = await models.Node.filter().order_by("id").first()
            if row is None:
                try:
                    row = await models.Node.create(id=1, uid=secrets.token_hex(4), name=name)
                except IntegrityError:
                    row = await models.Node.get(id=1)
            return _node(row)

    async def callback_secret(self) -> bytes | None:
        """What signs callbacks, sealed."""
        with translated():
            return (await models.Node.filter().order_by("id").get()).callback_secret

    async def keep_callback_secret(self, sealed: bytes) -> bytes:
        """Store the first secret; the one that counts, if another process was faster."""
        with translated():
            await models.Node.filter(callback_secret=None).update(callback_secret=sealed)
        return await self.callback_secret() or sealed

    async def change_callback_secret(self, sealed: bytes) -> None:
        """Store another secret."""
        with translated():
            await models.Node.filter().update(callback_secret=sealed)

    async def update(self, changes: dict[str, Any]) -> Node:
        """Change fields of the node, and no others: those may be changed by somebody else meanwhile."""
        with translated():
            row = await models.Node.filter().order_by("id").get()
            await row.update_from_dict(changes).save(update_fields=[*changes, "modified_at"])
            return _node(row)
