"""Rows that the tests of queries start from: a repository, an algorithm, a ready instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.database import Database
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.executions import Claim, Execution, Submission
from oaasplatform.domain.instances import Instance, Purpose
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.quotas import Quota
from oaasplatform.domain.repositories import Algorithm, AlgorithmFilter, Descriptor, Repository


@dataclass
class World:
    """A repository with one algorithm and one ready instance."""

    database: Database
    repository: Repository
    algorithm: Algorithm
    instance: Instance

    async def submit(self, **changes: Any) -> Execution:
        """Submit an execution of the algorithm."""
        arguments: dict[str, Any] = {
            "algorithm": self.algorithm,
            "input": b"{}",
        }
        return await self.database.executions.submit(Submission(**{**arguments, **changes}))

    async def claim(self, instance: Instance | None = None, **changes: Any) -> list[Claim]:
        """Claim the free slots of the instance."""
        arguments: dict[str, Any] = {"term": 0, "launch_seconds": 10, "deadline_grace": 5}
        wanted = (instance or self.instance).id
        ready = [each for each in await self.database.claims.ready() if each.id == wanted]
        return (await self.database.claims.claim(ready[0], **{**arguments, **changes}))[0] if ready else []

    async def running(self, **changes: Any) -> Execution:
        """A running execution."""
        submitted = await self.submit(**changes)
        (claim,) = await self.claim()
        await self.progress(claim.assignment.execution, sequence=0)
        assert claim.assignment.execution.id == submitted.id
        return await self.database.executions.get(submitted.id)

    async def progress(self, execution: Execution, **fields: Any) -> bool:
        """Apply a message of the run."""
        message = StatusMessage(execution_id=execution.run_id, status=1, **fields)
        return await self.database.transitions.progress(execution.id, execution.attempt, message, poll_seconds=5)

    async def new_instance(
        self,
        concurrency: int = 1,
        name: str | None = None,
        *,
        standby: bool = False,
        url: str = "http://127.0.0.1:1",
        launch_batch: int = 1,
    ) -> Instance:
        """Another ready instance."""
        instance = await self.database.instances.create(
            self.repository,
            name=name,
            description="",
            purpose=Purpose.SERVICE,
            digest="sha256:1",
            protocol="oaas",
            deployment=Deployment(),
            quota=Quota(cpu=1.0),
            strict=False,
            standby=standby,
            check_room=lambda promised: None,
        )
        begun = await self.database.instances.begin(instance)
        assert begun is not None
        await self.database.instances.started(begun, f"unit-{begun.id}", {})
        await self.database.instances.ready(begun, url, concurrency, launch_batch=launch_batch)
        return await self.database.instances.get(begun.id)


async def new_world(database: Database) -> World:
    """In an empty database."""
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
