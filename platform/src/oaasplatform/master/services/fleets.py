"""Keeps the fleet as the nodes are."""

from __future__ import annotations

import msgspec

from oaasplatform.database.notifications import QUEUE
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.database.queries.nodes import NODES
from oaasplatform.master.domain import fleet
from oaasplatform.master.domain.fleet import Fleet
from oaasplatform.schemas.federation import Heartbeat, Load

_LOOK_AGAIN = 30.0
"""Seconds; notifications may get lost."""


class FleetService:
    """Takes into memory what placement has to know of nodes: at once from heartbeats, all of it from the database."""

    def __init__(self, database: MasterDatabase, fleet: Fleet) -> None:
        self._members = database.members
        self._listener = database.listener
        self._fleet = fleet

    async def refresh(self) -> float:
        """A node has come, gone, or changed in what it is or has. Returns when to look again."""
        members = await self._members.all()
        for node in list(self._fleet):
            if node.id not in members:
                self._fleet.forget(node.id)
        for member in members.values():
            known = member.id in self._fleet
            self._fleet.describe(
                member.id,
                member.name,
                status=member.status,
                labels=member.labels,
                algorithms=member.algorithms,
            )
            if not known:
                self._note(member.id, msgspec.convert(member.load, Load))
        self._listener.wake(QUEUE)
        return _LOOK_AGAIN

    def hear(self, node_id: int, heartbeat: Heartbeat) -> None:
        """A node reports."""
        if heartbeat.catalogue is not None:
            self._listener.wake(NODES)
        if node_id in self._fleet:
            self._note(node_id, heartbeat.load)

    def _note(self, node_id: int, load: Load) -> None:
        loads = {
            each.name: fleet.Load(each.slots, each.free, each.queued, can_start=each.start_quota is not None)
            for each in load.repositories
        }
        if self._fleet.heard(node_id, loads):
            self._listener.wake(QUEUE)
