"""From a registered image to a list of algorithms: pull, start a trial instance, ask it, remove it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping

import structlog

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import INSTANCES
from oaasplatform.domain.errors import ContractBroken, DatabaseUnavailable, EngineUnavailable, NotFound, OaasError
from oaasplatform.domain.instances import Instance, InstanceStatus, Purpose
from oaasplatform.domain.quotas import Quota
from oaasplatform.domain.repositories import Descriptor, Repository
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.runtimes.base import Image, Runtime
from oaasplatform.services.documents import compile_schema
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.waiting import wait_until

TRIAL_QUOTA = Quota(cpu=1.0, ram=2**30, pids=256)
_SLACK = 30.0
"""Seconds beyond the readiness limit after which a trial that nobody decided about has failed."""
_PROGRESS_SECONDS = 0.5
_LOOK_AGAIN = 5.0

log = structlog.get_logger(__name__)


class DiscoveryService:
    """Discovers repositories. Everything is safe to begin again after a crash."""

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        protocols: Mapping[str, RepositoryProtocol],
        registries: RegistryService,
        *,
        ready_timeout: float,
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._protocols = protocols
        self._registries = registries
        self._ready_timeout = ready_timeout
        self._discoveries = TaskSet(expected=(DatabaseUnavailable,))

    async def recover(self) -> None:
        """After a start: trials of an earlier life are of no use."""
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
            image = await self._pull(repository)
            protocol = next(iter(self._protocols)) if repository.protocol == "auto" else repository.protocol
            descriptors = await self._try_out(repository, image, protocol)
            await queries.discovered(
                repository.id, digest=image.digest, protocol=protocol, descriptors=checked(descriptors)
            )
            log.info("repository discovered", repository=repository.name, algorithms=len(descriptors))
        except NotFound:
            log.info("repository was deleted during its discovery", repository=repository.name)
        except DatabaseUnavailable as error:
            log.warning("discovery interrupted", repository=repository.name, reason=error.detail)
        except EngineUnavailable as error:
            await queries.report(repository.id, f"Waiting for the container engine: {error.detail}")
        except OaasError as error:
            log.warning("discovery failed", repository=repository.name, reason=error.detail)
            await queries.discovery_failed(repository.id, error.detail)

    async def _pull(self, repository: Repository) -> Image:
        await self._database.repositories.report(repository.id, f"Looking for image {repository.image}.")
        credentials = await self._registries.credentials(repository.registry_id, repository.image)
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
                repository.image, refresh=repository.refresh, on_progress=note, credentials=credentials
            )
        finally:
            reporter.cancel()
            await asyncio.gather(reporter, return_exceptions=True)

    async def _try_out(self, repository: Repository, image: Image, protocol: str) -> list[Descriptor]:
        instances = self._database.instances
        await self._database.repositories.report(repository.id, "Starting a trial instance.")
        trial = await instances.create(
            repository,
            name=f"trial-{repository.id}-{secrets.token_hex(4)}",
            description="",
            purpose=Purpose.TRIAL,
            digest=image.digest,
            protocol=protocol,
            quota=TRIAL_QUOTA,
            strict=False,
            check_room=lambda promised: None,
        )
        try:
            trial = await wait_until(
                self._database.listener,
                INSTANCES,
                self._ready_timeout + _SLACK,
                lambda: instances.get(trial.id),
                _decided,
            )
            if trial.status is not InstanceStatus.READY or trial.base_url is None:
                raise ContractBroken(trial.reason or "The trial instance did not become ready.")
            return await self._protocols[protocol].discover(trial.base_url)
        finally:
            await instances.trials_absent(repository.id)


def _decided(trial: Instance) -> bool:
    # A trial gets one chance: the first failure is the answer.
    return trial.status is InstanceStatus.READY or trial.restarts > 0


def checked(descriptors: list[Descriptor]) -> list[Descriptor]:
    """Descriptors come from untrusted code: names must be unique, schemas valid and self-contained.

    Raises:
        ContractBroken: naming the algorithm and what is wrong.
    """
    names = [descriptor.name for descriptor in descriptors]
    if not names:
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
