"""What nodes report, and that they have ceased to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec
import structlog

from oaasplatform.domain.errors import Unauthorized
from oaasplatform.kit.keys import digest
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.nodes import Beat, NodeStatus
from oaasplatform.master.services.metrics import Metrics
from oaasplatform.schemas.federation import Heartbeat, HeartbeatAnswer

_BEATS_UNTIL_SILENT = 3.3
"""Two heartbeats may be lost before a node counts as unreachable."""
_LOOK_SECONDS = 1.0

Audience = Callable[[int, Heartbeat], None]
"""Hears what a node reports, by its id."""

log = structlog.get_logger(__name__)


class HeartbeatService:
    """Stores what nodes report: a restarted master knows what the one before did."""

    def __init__(
        self, database: MasterDatabase, metrics: Metrics, *, silence: float, audience: Sequence[Audience] = ()
    ) -> None:
        """``silence``: seconds without a heartbeat after which a node counts as unreachable."""
        self._nodes = database.nodes
        self._catalogue = database.catalogue
        self._metrics = metrics
        self.silence = silence
        self._audience = audience

    async def hear(self, id_: int, key: str | None, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """A node reports. Raises ``Unauthorized`` if the key is not the node's."""
        beat = Beat(
            status=NodeStatus(heartbeat.status),
            clock_skew=round(heartbeat.sent_at - time.time(), 3),
            version=heartbeat.version[:50],
            resources=heartbeat.resources,
            load=msgspec.to_builtins(heartbeat.load),
        )
        known = None if key is None else await self._nodes.beat(id_, digest(key), beat)
        if known is None:
            raise Unauthorized("This is not the key of the node: it has to join again.")
        before, revision = known
        if before is not beat.status:
            log.info("a node changed", node=id_, status=beat.status, before=before)
        wanted = revision != heartbeat.catalogue_revision
        if wanted and heartbeat.catalogue is not None:
            await self._catalogue.store(id_, heartbeat.catalogue_revision, heartbeat.catalogue)
            wanted = False
        self._metrics.heartbeats.inc()
        for hear in self._audience:
            hear(id_, heartbeat)
        return HeartbeatAnswer(
            next_in_seconds=self.silence / _BEATS_UNTIL_SILENT,
            catalogue_wanted=wanted,
            drained=beat.status is NodeStatus.DRAINING,
        )

    async def watch(self) -> float:
        """Say which nodes have become unreachable; the seconds until the next look."""
        for id_, name, last_seen_at in await self._nodes.mark_silent(self.silence):
            log.warning("a node is unreachable", node=id_, name=name, last_seen=last_seen_at.isoformat())
        return min(_LOOK_SECONDS, self.silence / 10)
