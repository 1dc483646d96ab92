"""Algorithm repositories and algorithms: what people can do with them."""

from __future__ import annotations

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import REPOSITORIES
from oaasplatform.domain.errors import InUse
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.repositories import (
    Algorithm,
    AlgorithmFilter,
    Repository,
    RepositoryFilter,
    RepositoryStatus,
)
from oaasplatform.schemas.repositories import RepositoryCreate, RepositoryUpdate
from oaasplatform.services.waiting import wait_until


class RepositoryService:
    """Registering, changing and reading repositories. ``discovery`` does what a registration asks for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = database.repositories

    async def create(self, request: RepositoryCreate) -> Repository:
        """Register an image; discovery follows. Raises ``NameTaken``."""
        return await self._queries.create(
            name=request.name, description=request.description, image=request.image, protocol=request.protocol
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
        """Change it; a new image is discovered. Raises ``NotFound``, ``NameTaken``."""
        changes = request.model_dump(exclude_unset=True, exclude_none=True, by_alias=False)
        before = await self._queries.get(id_)
        if changes.get("image", before.image) != before.image:
            changes |= self._discovery(before)
        return await self._queries.update(id_, changes) if changes else before

    async def refresh(self, id_: int) -> Repository:
        """Pull the image again and read its algorithms again. Raises ``NotFound``."""
        before = await self._queries.get(id_)
        return await self._queries.update(id_, {**self._discovery(before), "refresh": True})

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
