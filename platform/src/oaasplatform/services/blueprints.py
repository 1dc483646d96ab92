"""What the engine is asked for, from what the database says about an instance."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import CredentialsUnreadable
from oaasplatform.domain.instances import Instance
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.runtimes.base import Credentials, UnitSpec
from oaasplatform.services.registries import RegistryService

log = structlog.get_logger(__name__)


class Blueprints:
    """Describes units."""

    def __init__(
        self, database: Database, protocols: Mapping[str, RepositoryProtocol], registries: RegistryService
    ) -> None:
        self._repositories = database.repositories
        self._protocols = protocols
        self._registries = registries

    async def spec(self, instance: Instance) -> UnitSpec:
        """The unit of an instance in its current generation. Raises ``NotFound``: its repository is gone."""
        protocol = self._protocols[instance.protocol]
        stack = instance.deployment.stack
        services = {} if stack is None else stack.services
        found = {name: await self.credentials(instance, service.digest) for name, service in services.items()}
        return UnitSpec(
            instance_id=instance.id,
            generation=instance.generation,
            reference=instance.image,
            digest=instance.digest,
            port=instance.deployment.port or protocol.port,
            quota=instance.quota,
            credentials=await self.credentials(instance, instance.digest),
            writable=protocol.traits.writable,
            stack=stack,
            stack_credentials={name: each for name, each in found.items() if each is not None},
        )

    async def credentials(self, instance: Instance, digest: str) -> Credentials | None:
        """For the case that the engine has lost the image. It seldom has: unreadable ones must not keep it down.

        Raises:
            NotFound: the repository is gone.
        """
        repository = await self._repositories.get(instance.repository_id)
        try:
            return await self._registries.credentials(repository.registry_id, digest)
        except CredentialsUnreadable as error:
            log.warning("an instance starts without credentials", instance=instance.name, reason=error.detail)
            return None
