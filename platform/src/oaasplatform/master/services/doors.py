"""How the master gets at its nodes."""

from __future__ import annotations

from oaasplatform.domain.errors import NodeUnreachable, NotFound
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.doors import Door, named
from oaasplatform.master.domain.nodes import NodeStatus


class Doors:
    """Finds nodes, and opens what is sealed of their keys."""

    def __init__(self, database: MasterDatabase, sealer: Sealer) -> None:
        self._nodes = database.nodes
        self._sealer = sealer

    async def of(self, node_id: int) -> Door:
        """Where and with which key a node is called.

        Raises:
            NotFound: there is no such node.
            NodeUnreachable: it is known to be away, so that nobody has to wait for it; or its key can't be read.
        """
        contact = await self._nodes.contact(node_id)
        if contact is None:
            raise NotFound("node", node_id)
        name = named(contact.id, contact.name)
        if contact.status is NodeStatus.UNREACHABLE:
            heard = contact.last_seen_at.isoformat(timespec="seconds")
            raise NodeUnreachable(f"{name} is unreachable: nothing was heard of it since {heard}.")
        try:
            key = self._sealer.open(contact.sealed_key, contact.uid)
        except SealBroken as error:
            raise NodeUnreachable(f"The key for {name} can't be decrypted: let it join again.") from error
        return Door(node_id=contact.id, node_name=contact.name, base_url=contact.base_url, key=key)
