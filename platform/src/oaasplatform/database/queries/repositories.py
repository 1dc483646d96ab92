"""Algorithm repositories and algorithms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.timezone import now
from tortoise.transactions import in_transaction

from oaasplatform.database import models
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import INSTANCES, REPOSITORIES
from oaasplatform.database.queries.notify import notify
from oaasplatform.database.queries.paging import newest_first
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import InUse, NameTaken, NotFound
from oaasplatform.domain.instances import Purpose
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.repositories import (
    Algorithm,
    AlgorithmFilter,
    Descriptor,
    Repository,
    RepositoryFilter,
    RepositoryStatus,
)

_NOUN = "algorithm repository"


def _repository(row: models.Repository) -> Repository:
    return Repository(
        id=row.id,
        name=row.name,
        description=row.description,
        image=row.image,
        registry_id=row.registry_id,
        digest=row.digest,
        protocol=row.protocol,
        deployment=msgspec.convert(row.deployment, Deployment),
        dialect=row.dialect,
        resolved=msgspec.convert(row.resolved, Deployment),
        max_concurrent_executions=row.max_concurrent_executions,
        status=row.status,
        reason=row.reason,
        discovering=row.discovery_wanted,
        refresh=row.refresh,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def _algorithm(row: models.Algorithm) -> Algorithm:
    return Algorithm(
        id=row.id,
        repository_id=row.repository.id,
        repository_name=row.repository.name,
        reference=row.reference,
        name=row.name,
        version=row.version,
        description=row.description,
        input_schema=row.input_schema,
        output_schema=row.output_schema,
        error_schema=row.error_schema,
        examples=row.examples,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


async def _keep_registry(id_: int | None) -> None:
    """Nobody deletes it before the transaction ends. Raises ``NotFound``."""
    if id_ is not None and not await models.Registry.filter(id=id_).select_for_update().exists():
        raise NotFound("registry", id_)


class RepositoryQueries:
    """Reads and writes of repositories and their algorithms."""

    async def create(
        self,
        *,
        name: str,
        description: str,
        image: str,
        protocol: str,
        deployment: Deployment | None = None,
        registry_id: int | None = None,
        max_concurrent_executions: int | None = None,
    ) -> Repository:
        """Register; discovery begins when the commit wakes the registrar. Raises ``NameTaken``, ``NotFound``."""
        with translated():
            try:
                async with in_transaction():
                    await _keep_registry(registry_id)
                    row = await models.Repository.create(
                        name=name,
                        description=description,
                        image=image,
                        registry_id=registry_id,
                        max_concurrent_executions=max_concurrent_executions,
                        protocol=protocol,
                        deployment=msgspec.to_builtins(deployment or Deployment()),
                        status=RepositoryStatus.REGISTERING,
                        reason="Waiting for discovery.",
                    )
            except IntegrityError as error:
                raise NameTaken(_NOUN, name) from error
            await notify(REPOSITORIES)
            return _repository(row)

    async def get(self, id_: int) -> Repository:
        """Raises ``NotFound``."""
        with translated():
            row = await models.Repository.get_or_none(id=id_)
        if row is None:
            raise NotFound(_NOUN, id_)
        return _repository(row)

    async def page(self, wanted: RepositoryFilter, paging: Paging) -> tuple[list[Repository], int | None]:
        """Newest first."""
        with translated():
            rows, cursor = await newest_first(models.Repository.filter(), paging, asdict(wanted))
        return [_repository(row) for row in rows], cursor

    async def update(self, id_: int, changes: dict[str, Any]) -> Repository:
        """Change fields. Raises ``NotFound`` (also for a new registry), ``NameTaken``."""
        with translated():
            try:
                async with in_transaction():
                    row = await models.Repository.get_or_none(id=id_)
                    if row is None:
                        raise NotFound(_NOUN, id_)
                    await _keep_registry(changes.get("registry_id"))
                    await row.update_from_dict(changes).save(update_fields=[*changes, "modified_at"])
            except IntegrityError as error:
                raise NameTaken(_NOUN, changes["name"]) from error
            await notify(REPOSITORIES)
            if "max_concurrent_executions" in changes:
                await notify(INSTANCES)  # what they may take is not what it was
            return _repository(row)

    async def delete(self, id_: int) -> bool:
        """Forget a repository and its algorithms; false while a trial instance of it exists.

        Raises:
            NotFound, InUse
        """
        with translated():
            async with in_transaction():
                if not await models.Repository.filter(id=id_).select_for_update().exists():
                    raise NotFound(_NOUN, id_)
                names = await models.Instance.filter(repository_id=id_, purpose=Purpose.SERVICE).values_list(
                    "name", flat=True
                )
                if names:
                    listed = ", ".join(map(str, names[:5]))
                    raise InUse(f"{len(names)} instances of it exist ({listed}); delete them first.")
                if await models.Instance.filter(repository_id=id_).exists():
                    return False
                await models.Repository.filter(id=id_).delete()
            await notify(REPOSITORIES)
            return True

    async def discovery_wanted(self) -> list[Repository]:
        """Repositories whose image is to be pulled and read."""
        with translated():
            rows = await models.Repository.filter(discovery_wanted=True).order_by("id")
        return [_repository(row) for row in rows]

    async def report(self, id_: int, reason: str) -> None:
        """Say what discovery is doing."""
        with translated():
            await models.Repository.filter(id=id_).update(reason=reason, modified_at=now())
            await notify(REPOSITORIES)

    async def discovered(
        self, id_: int, *, digest: str, dialect: str, deployment: Deployment, descriptors: list[Descriptor]
    ) -> None:
        """Store what discovery found, and make the repository ready. Instances follow to what is new."""
        found = {"digest": digest, "protocol": dialect, "deployment": msgspec.to_builtins(deployment)}
        with translated():
            async with in_transaction():
                await models.Repository.filter(id=id_).update(
                    digest=digest,
                    dialect=dialect,
                    resolved=found["deployment"],
                    status=RepositoryStatus.READY,
                    reason=None,
                    discovery_wanted=False,
                    refresh=False,
                    modified_at=now(),
                )
                await models.Algorithm.filter(repository_id=id_).update(active=False)
                for d in descriptors:
                    await models.Algorithm.update_or_create(
                        repository_id=id_,
                        name=d.name,
                        defaults={
                            "reference": d.reference,
                            "version": d.version,
                            "description": d.description,
                            "input_schema": d.input_schema,
                            "output_schema": d.output_schema,
                            "error_schema": d.error_schema,
                            "examples": d.examples,
                            "active": True,
                        },
                    )
                # The reconciler replaces their units once they are idle.
                instances = models.Instance.filter(repository_id=id_, purpose=Purpose.SERVICE)
                for row in await instances.select_for_update():
                    if any(getattr(row, name) != value for name, value in found.items()):
                        await row.update_from_dict({**found, "revision": row.revision + 1}).save(
                            update_fields=[*found, "revision"]
                        )
            await notify(REPOSITORIES)
            await notify(INSTANCES)

    async def discovery_failed(self, id_: int, reason: str) -> None:
        """Note why discovery failed; a repository that was ready before stays ready with what it had."""
        with translated():
            row = await models.Repository.get_or_none(id=id_)
            if row is None:
                return
            row.discovery_wanted = row.refresh = False
            row.status = RepositoryStatus.FAILED if row.digest is None else RepositoryStatus.READY
            row.reason = reason if row.digest is None else f"The refresh failed, the last good image stays: {reason}"
            await row.save()
            await notify(REPOSITORIES)

    async def algorithm(self, id_: int) -> Algorithm:
        """Raises ``NotFound``."""
        with translated():
            row = await models.Algorithm.get_or_none(id=id_, active=True).select_related("repository")
        if row is None:
            raise NotFound("algorithm", id_)
        return _algorithm(row)

    async def algorithms(self, wanted: AlgorithmFilter, paging: Paging) -> tuple[list[Algorithm], int | None]:
        """Algorithms of ready repositories, newest first."""
        query = models.Algorithm.filter(active=True, repository__status=RepositoryStatus.READY)
        if wanted.search:
            query = query.filter(Q(name__icontains=wanted.search) | Q(description__icontains=wanted.search))
        conditions = {"name": wanted.name, "repository_id": wanted.repository_id}
        with translated():
            rows, cursor = await newest_first(query.select_related("repository"), paging, conditions)
        return [_algorithm(row) for row in rows], cursor
