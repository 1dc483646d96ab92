"""Algorithm repositories and algorithms: what people can do with them."""

from __future__ import annotations

import msgspec

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import INSTANCES, REPOSITORIES
from oaasplatform.domain.deployments import COMMAND, Deployment
from oaasplatform.domain.errors import ImageNotAllowed, InUse, InvalidDocument, Violation
from oaasplatform.domain.images import is_allowed
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.repositories import (
    Algorithm,
    AlgorithmFilter,
    Repository,
    RepositoryFilter,
    RepositoryStatus,
)
from oaasplatform.schemas.deployments import merged
from oaasplatform.schemas.repositories import RepositoryCreate, RepositoryUpdate
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.waiting import wait_until

_TRIAL_SECONDS = 15.0
"""How long a deletion waits for the removal of a trial instance."""
_PLAIN = {"name", "description", "image", "protocol"}
"""What can be changed as it is."""
_NULLABLE = {"registry_id", "max_concurrent_executions"}
"""The same, where null is a value."""


class RepositoryService:
    """Registering, changing and reading repositories. ``discovery`` does what a registration asks for."""

    def __init__(self, database: Database, registries: RegistryService, *, allowed_images: tuple[str, ...]) -> None:
        """``allowed_images``: patterns, see ``domain.images.is_allowed``."""
        self._database = database
        self._queries = database.repositories
        self._registries = registries
        self._allowed_images = allowed_images

    async def create(self, request: RepositoryCreate) -> Repository:
        """Register an image; discovery follows.

        Raises:
            ImageNotAllowed, NameTaken
            NotFound, InvalidDocument: there is no such registry, or the image is not in it.
            InvalidDocument: the dialect has no use for a stack.
        """
        deployment = merged(request, Deployment())
        _check_containers(request.protocol, deployment)
        image = request.image or _image_of(deployment)
        self._check_allowed(image, deployment)
        await self._registries.check(request.registry_id, image)
        return await self._queries.create(
            name=request.name,
            description=request.description,
            image=image,
            protocol=request.protocol,
            deployment=deployment,
            registry_id=request.registry_id,
            max_concurrent_executions=request.max_concurrent_executions,
        )

    async def get(self, id_: int, wait: float = 0) -> Repository:
        """A repository; waits up to ``wait`` seconds for a running discovery to end. Raises ``NotFound``."""
        return await wait_until(
            self._database.listener,
            REPOSITORIES,
            wait,
            lambda: self._queries.get(id_),
            lambda repository: not repository.discovering,
        )

    async def page(self, wanted: RepositoryFilter, paging: Paging) -> tuple[list[Repository], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def update(self, id_: int, request: RepositoryUpdate) -> Repository:
        """Change it; a new image is discovered. Raises as :meth:`create`."""
        changes = request.model_dump(
            exclude_unset=True, exclude_none=True, by_alias=False, include=_PLAIN & request.model_fields_set
        )
        changes |= {name: getattr(request, name) for name in _NULLABLE & request.model_fields_set}
        before = await self._queries.get(id_)
        image = changes.get("image", before.image)
        deployment = merged(request, before.deployment)
        protocol = changes.get("protocol", before.protocol)
        if (image, deployment, protocol) != (before.image, before.deployment, before.protocol):
            _check_containers(protocol, deployment)
            self._check_allowed(image, deployment)
            changes |= {"deployment": msgspec.to_builtins(deployment), **self._discovery(before)}
        await self._registries.check(changes.get("registry_id", before.registry_id), image)
        return await self._queries.update(id_, changes) if changes else before

    async def refresh(self, id_: int) -> Repository:
        """Pull the image again and read its algorithms again. Raises ``NotFound``, ``ImageNotAllowed``."""
        before = await self._queries.get(id_)
        self._check_allowed(before.image, before.deployment)
        return await self._queries.update(id_, {**self._discovery(before), "refresh": True})

    def _check_allowed(self, image: str, deployment: Deployment) -> None:
        images = {"/image": image}
        if deployment.stack is not None:
            images |= {f"/stack/services/{name}/image": each.image for name, each in deployment.stack.services.items()}
        for pointer, each in images.items():
            if not is_allowed(each, self._allowed_images):
                allowed = ", ".join(self._allowed_images) or "no images"
                detail = f"The operator of this node allows {allowed}; not {each}."
                raise ImageNotAllowed(detail, (Violation(pointer, detail),))

    @staticmethod
    def _discovery(before: Repository) -> dict[str, object]:
        status = RepositoryStatus.READY if before.digest else RepositoryStatus.REGISTERING
        return {"discovery_wanted": True, "status": status, "reason": "Waiting for discovery."}

    async def delete(self, id_: int) -> None:
        """Forget it, once the trial instance of its last discovery is gone.

        Raises:
            NotFound
            InUse: instances or executions need it, or it is being discovered.
        """
        count = await self._database.executions.active_of_repository(id_)
        if count:
            raise InUse(f"{count} executions of it wait or run; cancel them first.")
        discovering = (await self._queries.get(id_)).discovering
        deleted = await wait_until(
            self._database.listener,
            INSTANCES,
            0 if discovering else _TRIAL_SECONDS,
            lambda: self._queries.delete(id_),
            lambda deleted: deleted,
        )
        if not deleted:
            what = "It is being discovered right now" if discovering else "Its trial instance is still being removed"
            raise InUse(f"{what}; try again in a moment.")

    async def algorithm(self, id_: int) -> Algorithm:
        """Raises ``NotFound``."""
        return await self._queries.algorithm(id_)

    async def algorithms(self, wanted: AlgorithmFilter, paging: Paging) -> tuple[list[Algorithm], int | None]:
        """Algorithms of ready repositories, newest first, with the cursor of the next page."""
        return await self._queries.algorithms(wanted, paging)


def _check_containers(protocol: str, deployment: Deployment) -> None:
    """A stack is never ignored. Raises ``InvalidDocument``."""
    if deployment.stack is not None and protocol == COMMAND:
        detail = (
            "Dialect `command` starts a container for each run, and none that stands: it has no use for a `stack`. "
            "Leave it out, or name the dialect of the service that answers."
        )
        raise InvalidDocument(detail, (Violation("/stack", detail),))


def _image_of(deployment: Deployment) -> str:
    """Of the service that answers."""
    assert deployment.stack is not None
    return deployment.stack.services[deployment.stack.answers].image


class AlgorithmCache:
    """Algorithms by id for the hot path, forgotten whenever a repository changes."""

    def __init__(self, database: Database) -> None:
        self._queries = database.repositories
        self._known: dict[int, Algorithm] = {}
        self._changed = database.listener.watch(REPOSITORIES)

    async def get(self, id_: int) -> Algorithm:
        """Raises ``NotFound``."""
        if self._changed.is_set():
            self._changed.clear()
            self._known.clear()
        algorithm = self._known.get(id_)
        if algorithm is None:
            algorithm = self._known[id_] = await self._queries.algorithm(id_)
        return algorithm
