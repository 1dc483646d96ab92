"""From a registered image to a list of algorithms: pull, start a trial instance, ask it, remove it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import structlog

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import INSTANCES
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import (
    ContractBroken,
    DatabaseUnavailable,
    EngineUnavailable,
    ImageUnavailable,
    NotFound,
    OaasError,
)
from oaasplatform.domain.images import Image
from oaasplatform.domain.instances import Desired, Instance, InstanceStatus, Purpose
from oaasplatform.domain.quotas import Quota
from oaasplatform.domain.repositories import Descriptor, Repository
from oaasplatform.domain.targets import Target
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.protocols.base import ProbingProtocol, RepositoryProtocol
from oaasplatform.runtimes.base import Runtime
from oaasplatform.services.documents import compile_schema
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.waiting import wait_until

TRIAL_QUOTA = Quota(cpu=2.0, ram=4 * 2**30, pids=1024)
"""Enough for a Java virtual machine or a MATLAB Runtime to start."""
_SLACK = 30.0
"""Seconds beyond the readiness limit after which a trial that nobody decided about has failed."""
_PROGRESS_SECONDS = 0.5
_REPORT_SECONDS = 1.0
_LOOK_AGAIN = 5.0

log = structlog.get_logger(__name__)


AUTO = "auto"
"""The protocol of a repository whose dialect is to be found out."""


class _EndedEarly(ContractBroken):
    """A trial instance ended by itself."""


@dataclass(frozen=True)
class _Found:
    """What a discovery has found out."""

    dialect: RepositoryProtocol
    deployment: Deployment
    descriptors: list[Descriptor]


class DiscoveryService:
    """Discovers repositories. Everything is safe to begin again after a crash."""

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        protocols: Mapping[str, RepositoryProtocol],
        probing: tuple[ProbingProtocol, ProbingProtocol],
        registries: RegistryService,
        *,
        ready_timeout: float,
    ) -> None:
        """``protocols``: dialects, by their names. ``probing``: for confined and for writable containers."""
        self._database = database
        self._runtime = runtime
        self._protocols = protocols
        self._probing, self._probing_writable = probing
        self._registries = registries
        self._ready_timeout = ready_timeout
        self._discoveries = TaskSet(expected=(DatabaseUnavailable,))

    async def recover(self) -> None:
        """When this process begins to lead: trials of an earlier life, or of a former leader, are of no use."""
        await self._database.instances.trials_absent()

    async def cycle(self) -> float:
        """Begin what waits for discovery. Returns the seconds until the next look when nothing happens."""
        for repository in await self._database.repositories.discovery_wanted():
            self._discoveries.start(repository.id, self.discover(repository))
        return _LOOK_AGAIN

    async def close(self) -> None:
        """End discoveries under way; the next start begins them again."""
        await self._discoveries.close()

    async def discover(self, repository: Repository) -> None:
        """Discover one repository and store the outcome, good or bad."""
        queries = self._database.repositories
        try:
            image = await self._pull(repository, repository.image)
            found = await self._explore(repository, image)
            await queries.discovered(
                repository.id,
                digest=image.digest,
                dialect=found.dialect.name,
                deployment=found.deployment,
                descriptors=found.descriptors,
            )
            log.info("repository discovered", repository=repository.name, dialect=found.dialect.name)
        except NotFound:
            log.info("repository was deleted during its discovery", repository=repository.name)
        except DatabaseUnavailable as error:
            log.warning("discovery interrupted", repository=repository.name, reason=error.detail)
        except EngineUnavailable as error:
            await queries.report(repository.id, f"Waiting for the container engine: {error.detail}")
        except OaasError as error:
            log.warning("discovery failed", repository=repository.name, reason=error.detail)
            await queries.discovery_failed(repository.id, error.detail)

    async def _explore(self, repository: Repository, image: Image) -> _Found:
        if repository.protocol != AUTO:
            dialect = self._protocols.get(repository.protocol)
            if dialect is None:
                raise ImageUnavailable(
                    f"Dialect {repository.protocol!r} is one of container images, and this node, which has the "
                    f"{self._runtime.name} runtime, runs projects of the SDK only."
                )
            return await self._explore_as(dialect, repository, image)
        for dialect in self._protocols.values():
            if dialect.claims(image):
                return await self._explore_as(dialect, repository, image)
        asked = await self._with_digests(repository, repository.deployment, image)
        try:
            found = await self._identify(self._probing, repository, image, asked)
        except _EndedEarly:
            # Most images take it for granted that they may write where they like.
            found = await self._identify(self._probing_writable, repository, image, asked)
        if found.dialect.complete(asked, image) != asked:
            return await self._explore_as(found.dialect, repository, image)
        return found

    async def _identify(
        self, probing: ProbingProtocol, repository: Repository, image: Image, deployment: Deployment
    ) -> _Found:
        async with self._trial(repository, image, probing, deployment) as trial:
            dialect, target = await probing.identify(trial)
            return _Found(dialect, deployment, checked(await dialect.discover(target), dialect))

    async def _explore_as(self, dialect: RepositoryProtocol, repository: Repository, image: Image) -> _Found:
        if repository.deployment.stack is not None and not dialect.traits.standing:
            raise ContractBroken(
                f"The image is one of dialect {dialect.name!r}, which has a container for each run and no use for a "
                "`stack`. Leave it out, or name another dialect."
            )
        deployment = dialect.complete(repository.deployment, image)
        deployment = await self._with_digests(repository, deployment, image)
        async with self._trial(repository, image, dialect, deployment) as trial:
            return _Found(dialect, deployment, checked(await dialect.discover(trial), dialect))

    async def _with_digests(self, repository: Repository, deployment: Deployment, image: Image) -> Deployment:
        """The same with all images of a stack pulled."""
        if deployment.stack is None:
            return deployment
        digests = {repository.image: image.digest}
        services = {}
        for name, service in deployment.stack.services.items():
            if service.image not in digests:
                digests[service.image] = (await self._pull(repository, service.image)).digest
            services[name] = msgspec.structs.replace(service, digest=digests[service.image])
        stack = msgspec.structs.replace(deployment.stack, services=services)
        return msgspec.structs.replace(deployment, stack=stack)

    async def _pull(self, repository: Repository, reference: str) -> Image:
        await self._database.repositories.report(repository.id, f"Looking for image {reference}.")
        credentials = await self._registries.credentials(repository.registry_id, reference)
        newest: list[str] = []
        said = asyncio.Event()

        def note(sentence: str) -> None:
            newest[:] = [sentence]
            said.set()

        async def report() -> None:
            while True:
                await said.wait()
                said.clear()
                await self._database.repositories.report(repository.id, newest[0])
                # At most two writes a second, however chatty the engine is.
                await asyncio.sleep(_PROGRESS_SECONDS)

        reporter = asyncio.create_task(report())
        try:
            return await self._runtime.prepare(
                reference, refresh=repository.refresh, on_progress=note, credentials=credentials
            )
        finally:
            reporter.cancel()
            await asyncio.gather(reporter, return_exceptions=True)

    @asynccontextmanager
    async def _trial(
        self, repository: Repository, image: Image, protocol: RepositoryProtocol, deployment: Deployment
    ) -> AsyncIterator[Target]:
        """An instance for a moment.

        Raises:
            ContractBroken: it did not become ready; ``_EndedEarly`` if it ended by itself.
        """
        instances = self._database.instances
        await self._database.repositories.report(repository.id, "Starting a trial instance.")
        limit = deployment.ready_timeout or self._ready_timeout
        trial = await instances.create(
            repository,
            name=f"trial-{repository.id}-{secrets.token_hex(4)}",
            description="",
            purpose=Purpose.TRIAL,
            digest=image.digest,
            protocol=protocol.name,
            deployment=deployment,
            quota=TRIAL_QUOTA,
            strict=False,
            check_room=lambda promised: None,
        )
        began = time.monotonic()
        reporter = asyncio.create_task(self._report(repository, trial))
        try:
            trial = await wait_until(
                self._database.listener, INSTANCES, limit + _SLACK, lambda: instances.get(trial.id), _decided
            )
            target = trial.target
            if trial.status is not InstanceStatus.READY or target is None:
                ended = trial.status is InstanceStatus.RESTARTING and time.monotonic() - began < limit
                failure = _EndedEarly if ended else ContractBroken
                raise failure(trial.reason or "The trial instance did not become ready.")
            yield target
        finally:
            reporter.cancel()
            await asyncio.gather(reporter, return_exceptions=True)
            await instances.want(trial.id, Desired.ABSENT)

    async def _report(self, repository: Repository, trial: Instance) -> None:
        """Show as the repository's what a trial that takes long waits for."""
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            now = await self._database.instances.get(trial.id)
            if now.reason and not _decided(now):
                await self._database.repositories.report(repository.id, f"Trial instance: {now.reason}")


def _decided(trial: Instance) -> bool:
    # A trial gets one chance: the first failure is the answer.
    return trial.status is InstanceStatus.READY or trial.restarts > 0


def checked(descriptors: list[Descriptor], dialect: RepositoryProtocol) -> list[Descriptor]:
    """Descriptors come from untrusted code: names must be unique, schemas valid and self-contained.

    Raises:
        ContractBroken: naming the algorithm and what is wrong.
    """
    names = [descriptor.name for descriptor in descriptors]
    if not names and dialect.traits.runs:
        raise ContractBroken("The repository has no algorithms.")
    if len(set(names)) != len(names):
        raise ContractBroken("Two algorithms of the repository have the same name.")
    for descriptor in descriptors:
        for kind in ("input_schema", "output_schema", "error_schema"):
            try:
                compile_schema(getattr(descriptor, kind))
            except ValueError as error:
                reason = str(error).splitlines()[0]
                raise ContractBroken(f"The {kind} of algorithm {descriptor.name!r} is not valid: {reason}") from error
    return descriptors
