"""Instances: what API calls want of them, and what the reconciler found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.queryset import QuerySet
from tortoise.timezone import now
from tortoise.transactions import in_transaction

from oaasplatform.database import models
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import INSTANCES, QUEUE
from oaasplatform.database.queries.notify import notify
from oaasplatform.database.queries.paging import newest_first
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import NameTaken, NotFound
from oaasplatform.domain.instances import Desired, Instance, InstanceFilter, InstanceStatus, Purpose
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.quotas import Enforcement, Quota, parse_quota, quota_document
from oaasplatform.domain.repositories import Repository

_NOUN = "algorithm repository instance"
_CAPACITY_LOCK = 0x0AA5_0002


def _instance(row: models.Instance) -> Instance:
    return Instance(
        id=row.id,
        name=row.name,
        description=row.description,
        repository_id=row.repository.id,
        repository_name=row.repository.name,
        purpose=row.purpose,
        image=row.image,
        digest=row.digest,
        protocol=row.protocol,
        deployment=msgspec.convert(row.deployment, Deployment),
        quota=parse_quota(row.quota),
        strict=row.strict,
        standby=row.standby,
        enforced={name: Enforcement(**value) for name, value in row.enforced.items()},  # type: ignore[arg-type]
        desired=row.desired,
        revision=row.revision,
        unit_revision=row.unit_revision,
        status=row.status,
        reason=row.reason,
        generation=row.generation,
        unit_id=row.unit_id,
        base_url=row.base_url,
        addresses={name: str(address) for name, address in row.addresses.items()},
        concurrency=row.concurrency,
        restarts=row.restarts,
        retry_at=row.retry_at,
        started_at=row.started_at,
        ready_at=row.ready_at,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def _promises() -> QuerySet[models.Instance]:
    return models.Instance.filter(purpose=Purpose.SERVICE).exclude(desired=Desired.ABSENT)


async def _quotas(query: QuerySet[models.Instance]) -> list[Quota]:
    return [parse_quota(row.quota) for row in await query.only("quota")]


class InstanceQueries:
    """Reads and writes of instances."""

    async def create(
        self,
        repository: Repository,
        *,
        name: str | None,
        description: str,
        purpose: Purpose,
        digest: str,
        protocol: str,
        deployment: Deployment,
        quota: Quota,
        strict: bool,
        standby: bool = False,
        check_room: Callable[[list[Quota]], None],
    ) -> Instance:
        """Want an instance. ``check_room`` gets the quotas promised so far and raises when there is no room.

        Raises:
            NameTaken: and whatever ``check_room`` raises.
        """
        with translated():
            try:
                async with in_transaction() as connection:
                    await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_CAPACITY_LOCK])
                    check_room(await self.promised())
                    row = await models.Instance.create(
                        name=name or await self._free_name(repository.name),
                        description=description,
                        repository_id=repository.id,
                        purpose=purpose,
                        image=repository.image,
                        digest=digest,
                        protocol=protocol,
                        deployment=msgspec.to_builtins(deployment),
                        quota=quota_document(quota),
                        strict=strict,
                        standby=standby,
                        desired=Desired.RUNNING,
                        status=InstanceStatus.PENDING,
                        reason="Waiting to be started.",
                    )
            except IntegrityError as error:
                raise NameTaken(_NOUN, name or repository.name) from error
            await notify(INSTANCES)
            return await self.get(row.id)

    async def _free_name(self, repository_name: str) -> str:
        newest = await models.Instance.all().order_by("-id").first()
        return f"{repository_name}-{newest.id + 1 if newest else 1}"

    async def promised(self) -> list[Quota]:
        """Quotas of all instances that people made."""
        with translated():
            return await _quotas(_promises())

    async def get(self, id_: int, *, purpose: Purpose | None = None) -> Instance:
        """Raises ``NotFound``."""
        query = models.Instance.filter(id=id_)
        if purpose is not None:
            query = query.filter(purpose=purpose)
        with translated():
            row = await query.first().select_related("repository")
        if row is None:
            raise NotFound(_NOUN, id_)
        return _instance(row)

    async def page(self, wanted: InstanceFilter, paging: Paging) -> tuple[list[Instance], int | None]:
        """Instances that people made, newest first."""
        query = models.Instance.filter(purpose=Purpose.SERVICE).select_related("repository")
        with translated():
            rows, cursor = await newest_first(query, paging, asdict(wanted))
        return [_instance(row) for row in rows], cursor

    async def all(self) -> list[Instance]:
        """Every instance, trials included, oldest first."""
        with translated():
            rows = await models.Instance.all().select_related("repository").order_by("id")
        return [_instance(row) for row in rows]

    async def change(
        self, id_: int, changes: dict[str, Any], *, quota: Quota | None, check_room: Callable[[list[Quota]], None]
    ) -> Instance:
        """Change what is wanted; a new quota needs room and a new unit. Raises ``NotFound``, ``NameTaken``."""
        with translated():
            try:
                async with in_transaction() as connection:
                    await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_CAPACITY_LOCK])
                    row = await models.Instance.filter(id=id_, purpose=Purpose.SERVICE).select_for_update().first()
                    if row is None:
                        raise NotFound(_NOUN, id_)
                    if quota is not None and quota_document(quota) != row.quota:
                        check_room(await _quotas(_promises().exclude(id=id_)))
                        changes = {**changes, "quota": quota_document(quota), "revision": row.revision + 1}
                    await row.update_from_dict(changes).save(update_fields=[*changes, "modified_at"])
            except IntegrityError as error:
                raise NameTaken(_NOUN, changes["name"]) from error
            await notify(INSTANCES)
            return await self.get(id_)

    async def want(self, id_: int, desired: Desired) -> None:
        """Want an instance running, stopped or absent; absent is final. Wanting it running forgets its failures."""
        changes: dict[str, Any] = {"desired": desired}
        if desired is Desired.RUNNING:
            changes |= {"restarts": 0, "retry_at": None}
        with translated():
            await models.Instance.filter(id=id_).exclude(desired=Desired.ABSENT).update(**changes, modified_at=now())
            await notify(INSTANCES)

    async def trials_absent(self) -> None:
        """Want all trials gone."""
        with translated():
            await models.Instance.filter(purpose=Purpose.TRIAL).update(desired=Desired.ABSENT)
            await notify(INSTANCES)

    async def begin(self, instance: Instance) -> Instance | None:
        """Open the next generation, before the engine is asked for a unit. None when somebody else was faster."""
        fields = {
            "generation": F("generation") + 1,
            "unit_revision": F("revision"),
            "status": InstanceStatus.STARTING,
            "reason": "Starting.",
            "unit_id": None,
            "base_url": None,
            "out_of_memory": False,
            "started_at": now(),
            "ready_at": None,
            "retry_at": None,
        }
        if not await self._found(instance, fields):
            return None
        return await self.get(instance.id)

    async def started(self, instance: Instance, unit_id: str | None, enforced: dict[str, Enforcement]) -> None:
        """Note the unit of this generation."""
        document = {name: {"enforced": e.enforced, "detail": e.detail} for name, e in enforced.items()}
        await self._found(instance, {"unit_id": unit_id, "enforced": document, "reason": "Waiting until it answers."})

    async def ready(
        self,
        instance: Instance,
        base_url: str,
        concurrency: int,
        *,
        launch_batch: int = 1,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """The instance takes executions from now on."""
        found = await self._found(
            instance,
            {
                "status": InstanceStatus.READY,
                "reason": None,
                "base_url": base_url,
                "addresses": dict(addresses or {}),
                "concurrency": concurrency,
                "launch_batch": launch_batch,
                "ready_at": now(),
            },
        )
        if found:
            with translated():
                await notify(QUEUE)

    async def settled(self, instance: Instance) -> None:
        """The instance has been ready for a while: forget earlier failures."""
        await self._found(instance, {"restarts": 0})

    async def lost(
        self,
        instance: Instance,
        status: InstanceStatus,
        reason: str,
        *,
        retry_at: datetime,
        restarts: int,
        out_of_memory: bool,
    ) -> None:
        """The unit of this generation is gone or useless."""
        await self._found(
            instance,
            {
                "status": status,
                "reason": reason,
                "out_of_memory": out_of_memory,
                "base_url": None,
                "restarts": restarts,
                "retry_at": retry_at,
            },
        )

    async def condemn(self, id_: int, generation: int, reason: str) -> None:
        """A ready instance turned out to be useless: the reconciler makes a new unit, at once the first time."""
        instance = await self.get(id_)
        if instance.generation == generation and instance.status is InstanceStatus.READY:
            await self.lost(
                instance,
                InstanceStatus.RESTARTING,
                reason,
                retry_at=now() + timedelta(seconds=instance.rest),
                restarts=instance.restarts + 1,
                out_of_memory=False,
            )

    async def set_status(self, instance: Instance, status: InstanceStatus, reason: str | None) -> None:
        """Say what the reconciler is doing with the instance."""
        if (instance.status, instance.reason) != (status, reason):
            await self._found(instance, {"status": status, "reason": reason})

    async def delete(self, id_: int) -> None:
        """Forget an instance whose unit is gone."""
        with translated():
            await models.Instance.filter(id=id_).delete()
            await notify(INSTANCES)
            await notify(QUEUE)

    async def _found(self, instance: Instance, fields: dict[str, Any]) -> bool:
        """Write what was found, unless the row has moved on to another generation."""
        with translated():
            changed = await models.Instance.filter(id=instance.id, generation=instance.generation).update(
                **fields, modified_at=now()
            )
            await notify(INSTANCES)
        return bool(changed)
