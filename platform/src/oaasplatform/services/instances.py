"""Instances: what people can do with them. They only say what is wanted; ``reconciliation`` makes it so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import INSTANCES
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import CapacityExceeded, InvalidQuota, QuotaNotEnforceable, Violation, WrongState
from oaasplatform.domain.instances import Desired, Instance, InstanceFilter, InstanceStatus, Purpose
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.quotas import Quota, parse_quota
from oaasplatform.domain.repositories import RepositoryStatus
from oaasplatform.domain.shares import divided
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.runtimes.base import EngineInfo, Runtime, UnitStats
from oaasplatform.schemas.instances import InstanceCreate, InstanceUpdate
from oaasplatform.services.waiting import wait_until

DEFAULT_QUOTA = Quota(cpu=1.0, ram=10**9, pids=256)
"""For what a request leaves open."""
_UNDERWAY = frozenset(
    {InstanceStatus.PENDING, InstanceStatus.STARTING, InstanceStatus.STOPPING, InstanceStatus.REMOVING}
)


class InstanceService:
    """Deploying, changing and looking at instances."""

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        protocols: Mapping[str, RepositoryProtocol],
        *,
        allow_overcommit: bool,
    ) -> None:
        self._database = database
        self._queries = database.instances
        self._runtime = runtime
        self._protocols = protocols
        self._allow_overcommit = allow_overcommit

    async def create(self, request: InstanceCreate) -> Instance:
        """Want an instance.

        Raises:
            NotFound, WrongState: the repository isn't there or isn't ready.
            InvalidQuota, QuotaNotEnforceable, CapacityExceeded, NameTaken, EngineUnavailable
        """
        repository = await self._database.repositories.get(request.algorithm_repository_id)
        if repository.status is not RepositoryStatus.READY or repository.digest is None or repository.dialect is None:
            raise WrongState(f"Repository {repository.name!r} is {repository.status}, not ready. {repository.reason}")
        quota = _quota(request.quota_information, DEFAULT_QUOTA, repository.resolved)
        await self._check_enforceable(quota, repository.dialect, repository.resolved, strict=request.strict)
        return await self._queries.create(
            repository,
            name=request.name,
            description=request.description,
            purpose=Purpose.SERVICE,
            digest=repository.digest,
            protocol=repository.dialect,
            deployment=repository.resolved,
            quota=quota,
            strict=request.strict,
            standby=request.standby,
            check_room=await self._room_for(quota),
        )

    async def get(self, id_: int, wait: float = 0) -> Instance:
        """An instance; waits up to ``wait`` seconds until what is wanted is reached. Raises ``NotFound``."""
        return await wait_until(
            self._database.listener,
            INSTANCES,
            wait,
            lambda: self._queries.get(id_, purpose=Purpose.SERVICE),
            lambda instance: instance.status not in _UNDERWAY and _reached(instance),
        )

    async def page(self, wanted: InstanceFilter, paging: Paging) -> tuple[list[Instance], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def update(self, id_: int, request: InstanceUpdate) -> Instance:
        """Change it; a new quota replaces the unit once it is idle. Raises as :meth:`create`."""
        before = await self._queries.get(id_, purpose=Purpose.SERVICE)
        changes = request.model_dump(
            exclude_unset=True, exclude_none=True, by_alias=False, exclude={"quota_information"}
        )
        quota = (
            None
            if request.quota_information is None
            else _quota(request.quota_information, before.quota, before.deployment)
        )
        strict = changes.get("strict", before.strict)
        await self._check_enforceable(quota or before.quota, before.protocol, before.deployment, strict=strict)
        check_room = (lambda promised: None) if quota is None else await self._room_for(quota)
        return await self._queries.change(id_, changes, quota=quota, check_room=check_room)

    async def want(self, id_: int, desired: Desired) -> Instance:
        """Want it running, stopped or absent. Raises ``NotFound``; ``WrongState`` when it is being removed."""
        instance = await self._queries.get(id_, purpose=Purpose.SERVICE)
        if instance.desired is Desired.ABSENT and desired is not Desired.ABSENT:
            raise WrongState(f"Instance {instance.name!r} is being removed.")
        await self._queries.want(id_, desired)
        return await self._queries.get(id_)

    async def logs(self, id_: int, *, tail: int | None, follow: bool) -> AsyncIterator[bytes]:
        """What the instance wrote. Raises ``NotFound``, ``WrongState``, ``EngineUnavailable``."""
        return self._runtime.logs(await self._unit_id(id_), tail=tail, follow=follow)

    async def stats(self, id_: int) -> UnitStats:
        """Its use of resources. Raises as :meth:`logs`."""
        return await self._runtime.stats(await self._unit_id(id_))

    async def _unit_id(self, id_: int) -> str:
        instance = await self._queries.get(id_, purpose=Purpose.SERVICE)
        if instance.unit_id is None:
            raise WrongState(f"Instance {instance.name!r} is {instance.status} and has no container.")
        return instance.unit_id

    async def _check_enforceable(self, quota: Quota, dialect: str, deployment: Deployment, *, strict: bool) -> None:
        if not strict:
            return
        # A runtime knows what it can enforce once it was asked, and only the process that leads opens it.
        await self._runtime.info()
        # In a stack, only the service that answers can be confined.
        writable = self._protocols[dialect].traits.writable or deployment.stack is not None
        enforceable = self._runtime.enforceable(quota, writable=writable)
        refused = {name: e.detail for name, e in enforceable.items() if not e.enforced}
        if refused:
            reasons = "; ".join(f"{name}: {detail}" for name, detail in refused.items())
            raise QuotaNotEnforceable(f"`strict` was asked for, but this node can't enforce {reasons}")

    async def _room_for(self, quota: Quota) -> Callable[[list[Quota]], None]:
        engine = await self._runtime.info()

        def check(promised: list[Quota]) -> None:
            if not self._allow_overcommit:
                check_room(engine, promised, quota)

        return check


def check_room(engine: EngineInfo, promised: list[Quota], quota: Quota) -> None:
    """Raise ``CapacityExceeded`` unless ``quota`` fits beside what is promised already."""
    for noun, field, total in (
        ("CPU cores", "cpu", engine.cpu),
        ("bytes of memory", "ram", engine.ram),
        ("bytes of disk", "disk_space", engine.disk),
    ):
        taken = sum(getattr(p, field) or 0 for p in promised)
        asked = getattr(quota, field) or 0
        if asked and taken + asked > total:
            raise CapacityExceeded(
                f"{asked:g} {noun} were asked for, but {max(total - taken, 0):g} of {total:g} are free. "
                "Delete or shrink an instance, or set OAAS_ALLOW_OVERCOMMIT=true."
            )


def _quota(document: dict[str, Any], defaults: Quota, deployment: Deployment) -> Quota:
    """``parse_quota`` of a request body, with pointers into that body; it has to be enough for all containers."""
    try:
        quota = parse_quota(document, defaults)
        if deployment.stack is not None:
            divided(quota, deployment.stack.shares)
    except InvalidQuota as error:
        moved = tuple(Violation(f"/quotaInformation{v.pointer}", v.detail) for v in error.violations)
        raise InvalidQuota(error.detail, moved) from error
    return quota


def _reached(instance: Instance) -> bool:
    match instance.desired:
        case Desired.RUNNING:
            # A failed start is an answer too; it will be tried again.
            return not instance.outdated and instance.status is not InstanceStatus.STOPPED
        case Desired.STOPPED:
            return instance.status is InstanceStatus.STOPPED
        case Desired.ABSENT:
            return False
