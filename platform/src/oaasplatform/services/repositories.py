"""Algorithm repositories and algorithms: what people can do with them."""

from __future__ import annotations

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import REPOSITORIES
from oaasplatform.domain.errors import ImageNotAllowed, InUse, Violation
from oaasplatform.domain.images import is_allowed
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.repositories import (
    Algorithm,
    AlgorithmFilter,
    Repository,
    RepositoryFilter,
    RepositoryStatus,
)
from oaasplatform.schemas.repositories import RepositoryCreate, RepositoryUpdate
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.waiting import wait_until


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
        """
        self._check_allowed(request.image)
        await self._registries.check(request.registry_id, request.image)
        return await self._queries.create(
            name=request.name,
            description=request.description,
            image=request.image,
            protocol=request.protocol,
            registry_id=request.registry_id,
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
        changes = request.model_dump(exclude_unset=True, exclude_none=True, by_alias=False)
        if "registry_id" in request.model_fields_set:
            changes["registry_id"] = request.registry_id
        before = await self._queries.get(id_)
        image = changes.get("image", before.image)
        if image != before.image:
            self._check_allowed(image)
            changes |= self._discovery(before)
        await self._registries.check(changes.get("registry_id", before.registry_id), image)
        return await self._queries.update(id_, changes) if changes else before

    async def refresh(self, id_: int) -> Repository:
        """Pull the image again and read its algorithms again. Raises ``NotFound``, ``ImageNotAllowed``."""
        before = await self._queries.get(id_)
        self._check_allowed(before.image)
        return await self._queries.update(id_, {**self._discovery(before), "refresh": True})

    def _check_allowed(self, image: str) -> None:
        if not is_allowed(image, self._allowed_images):
            detail = f"The operator of this node allows {', '.join(self._allowed_images) or 'no images'}; not {image}."
            raise ImageNotAllowed(detail, (Violation("/image", detail),))

    @staticmethod
    def _discovery(before: Repository) -> dict[str, object]:
        status = RepositoryStatus.READY if before.digest else RepositoryStatus.REGISTERING
        return {"discovery_wanted": True, "status": status, "reason": "Waiting for discovery."}

    async def delete(self, id_: int) -> None:
        """Forget it. Raises ``NotFound``; ``InUse`` while instances or executions need it."""
        count = await self._database.executions.active_of_repository(id_)
        if count:
            raise InUse(f"{count} executions of it wait or run; cancel them first.")
        await self._queries.delete(id_)

    async def algorithm(self, id_: int) -> Algorithm:
        """Raises ``NotFound``."""
        return await self._queries.algorithm(id_)

    async def algorithms(self, wanted: AlgorithmFilter, paging: Paging) -> tuple[list[Algorithm], int | None]:
        """Algorithms of ready repositories, newest first, with the cursor of the next page."""
        return await self._queries.algorithms(wanted, paging)


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
