"""Heartbeats: what the node tells its master every few seconds."""

from __future__ import annotations

import asyncio
import time
from importlib.metadata import version
from typing import Any, Literal

import structlog

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import (
    CapacityExceeded,
    EngineUnavailable,
    MasterRefused,
    MasterUnavailable,
    TokenRefused,
    Unauthorized,
)
from oaasplatform.domain.loads import RepositoryUse
from oaasplatform.domain.memberships import Membership, MembershipState
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.quotas import Quota, quota_document
from oaasplatform.domain.repositories import AlgorithmFilter
from oaasplatform.protocols.master import MasterApi
from oaasplatform.runtimes.base import EngineInfo, Runtime
from oaasplatform.schemas.federation import CatalogueEntry, Heartbeat, HeartbeatAnswer, Load, RepositoryLoad
from oaasplatform.schemas.memberships import JoinOrder
from oaasplatform.services.instances import DEFAULT_QUOTA, check_room
from oaasplatform.services.memberships import MembershipService
from oaasplatform.services.nodes import NodeService

_SECONDS = 3.0
"""Between heartbeats, until the master says otherwise."""
_IDLE_SECONDS = 60.0
_MEASURE_SECONDS = 15.0
"""Between two looks at what instances use, which costs the engine something for each of them."""
_ENGINE_SECONDS = 5.0
_PAGE = 1000

log = structlog.get_logger(__name__)


class HeartbeatService:
    """Reports, joins at the start if the settings say so, and leaves once nothing of the master runs here."""

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        memberships: MembershipService,
        nodes: NodeService,
        master: MasterApi,
        *,
        allow_overcommit: bool,
        invitation: JoinOrder | None,
    ) -> None:
        """``invitation``: the master to join if the node belongs to none."""
        self._memberships = database.memberships
        self._loads = database.loads
        self._repositories = database.repositories
        self._instances = database.instances
        self._runtime = runtime
        self._membership = memberships
        self._nodes = nodes
        self._master = master
        self._allow_overcommit = allow_overcommit
        self._invitation = invitation
        self._rest = _SECONDS
        self._resources: dict[str, Any] | None = None
        self._engine: EngineInfo | None = None
        self._catalogue_wanted = False

    async def beat(self) -> float:
        """Report once; the seconds until the next time. Trouble with the master is noted in the membership.

        Raises:
            MasterUnavailable: the invitation could not be answered.
        """
        membership = await self._memberships.find()
        if membership is None or membership.state is MembershipState.JOINING:
            await self._follow_invitation()
            return _IDLE_SECONDS
        self._invitation = None
        try:
            answer = await self._report(membership)
            if membership.state is MembershipState.LEAVING and answer.drained:
                await self._leave(membership)
        except Unauthorized as error:
            if membership.state is MembershipState.LEAVING:
                # It has let the node go already, and its answer was lost; or an operator was faster.
                await self._forget(membership)
            else:
                await self._note(membership, error.detail)
            return self._rest
        except (MasterUnavailable, MasterRefused) as error:
            await self._note(membership, error.detail)
            return self._rest
        await self._memberships.heard()
        if membership.trouble is not None:
            log.info("the master answers again", url=membership.master_url)
        self._rest = answer.next_in_seconds
        self._catalogue_wanted = answer.catalogue_wanted
        return 0 if answer.catalogue_wanted else self._rest

    async def measure(self) -> float:
        """Look at what the engine has, and what is used of it; the seconds until the next time."""
        if await self._memberships.find() is None:
            return _IDLE_SECONDS
        view = (await self._nodes.info()).computation_resources
        self._resources = None if view is None else view.model_dump(mode="json")
        try:
            async with asyncio.timeout(_ENGINE_SECONDS):
                self._engine = await self._runtime.info()
        except (EngineUnavailable, TimeoutError):
            self._engine = None
        return _MEASURE_SECONDS

    async def _follow_invitation(self) -> None:
        if self._invitation is None:
            return
        try:
            await self._membership.join(self._invitation)
        except (MasterRefused, TokenRefused) as error:
            log.warning("the master refuses", url=self._invitation.url, reason=error.detail)
            self._invitation = None

    async def _report(self, membership: Membership) -> HeartbeatAnswer:
        assert membership.node_id is not None
        status: Literal["ready", "draining"] = "draining" if membership.state is MembershipState.LEAVING else "ready"
        heartbeat = Heartbeat(
            sent_at=time.time(),
            version=version("oaas-platform"),
            status=status,
            resources=self._resources,
            load=await self._load(),
            catalogue_revision=await self._loads.catalogue_revision(),
            catalogue=await self._catalogue() if self._catalogue_wanted else None,
        )
        key = self._membership.key_of(membership)
        return await self._master.beat(membership.master_url, membership.node_id, key, heartbeat)

    async def _load(self) -> Load:
        uses = await self._loads.uses()
        promised = await self._instances.promised()
        return Load(
            queue_length=sum(use.queued for use in uses),
            repositories=tuple(
                RepositoryLoad(
                    name=use.name,
                    instances=use.instances,
                    slots=use.slots,
                    free=use.free,
                    queued=use.queued,
                    start_quota=self._start_quota(use, promised),
                )
                for use in uses
            ),
        )

    def _start_quota(self, use: RepositoryUse, promised: list[Quota]) -> dict[str, Any] | None:
        """What one more instance would get, if there is room for it."""
        quota = use.quota or DEFAULT_QUOTA
        if self._engine is None:
            return None
        if not self._allow_overcommit:
            try:
                check_room(self._engine, promised, quota)
            except CapacityExceeded:
                return None
        return quota_document(quota)

    async def _catalogue(self) -> tuple[CatalogueEntry, ...]:
        entries = []
        paging: Paging | None = Paging(limit=_PAGE)
        while paging is not None:
            algorithms, last = await self._repositories.algorithms(AlgorithmFilter(), paging)
            entries += [
                CatalogueEntry(
                    algorithm_id=each.id,
                    repository_id=each.repository_id,
                    repository_name=each.repository_name,
                    name=each.name,
                    version=each.version,
                    description=each.description,
                    input_schema=each.input_schema,
                    output_schema=each.output_schema,
                    error_schema=each.error_schema,
                    examples=each.examples,
                )
                for each in algorithms
            ]
            paging = None if last is None else Paging(limit=_PAGE, before=last)
        return tuple(entries)

    async def _leave(self, membership: Membership) -> None:
        """Unless something of the master is still under way here, whatever the master says."""
        assert membership.node_id is not None
        assert membership.master_uid is not None
        if await self._loads.submitted_by(membership.master_uid):
            return
        await self._master.leave(membership.master_url, membership.node_id, self._membership.key_of(membership))
        await self._forget(membership)

    async def _forget(self, membership: Membership) -> None:
        await self._memberships.forget()
        log.info("left the master", url=membership.master_url)

    async def _note(self, membership: Membership, trouble: str) -> None:
        if trouble != membership.trouble:
            log.warning("no heartbeat reached the master", url=membership.master_url, reason=trouble)
            await self._memberships.report(trouble)
