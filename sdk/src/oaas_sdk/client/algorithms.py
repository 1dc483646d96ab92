"""Which algorithm a name means."""

from __future__ import annotations

from collections.abc import AsyncIterator

from oaas_sdk.client.errors import UnknownAlgorithm
from oaas_sdk.client.models import Algorithm, Instance, Page
from oaas_sdk.client.transport import Transport

PAGE_SIZE = 200


class Algorithms:
    """The algorithms of a node; remembers what names mean."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._ids: dict[tuple[str, int | None], int] = {}

    async def all(self, **filters: str | int) -> AsyncIterator[Algorithm]:
        """Every algorithm that fits, newest first."""
        cursor: dict[str, str] = {}
        while True:
            page = await self._transport.get("/algorithms", Page[Algorithm], limit=PAGE_SIZE, **filters, **cursor)
            for algorithm in page.items:
                yield algorithm
            if page.next is None:
                return
            cursor = {"cursor": page.next}

    def forget(self, name: str, instance_id: int | None) -> bool:
        """Forget what a name means; says whether it was remembered."""
        return self._ids.pop((name, instance_id), None) is not None

    async def find(self, name: str, instance_id: int | None) -> int:
        """The id of the algorithm that is called ``name`` or ``repository/name``, on an instance if one is given.

        Raises:
            UnknownAlgorithm: there is none, or there are several.
        """
        known = self._ids.get((name, instance_id))
        if known is None:
            known = self._ids[name, instance_id] = await self._look_up(name, instance_id)
        return known

    async def _look_up(self, name: str, instance_id: int | None) -> int:
        repository, _, plain = name.rpartition("/")
        filters: dict[str, str | int] = {"name": plain}
        if instance_id is not None:
            instance = await self._transport.get(f"/algorithmRepositoriesInstances/{instance_id}", Instance)
            filters["algorithmRepositoryId"] = instance.algorithm_repository_id
        found = [item async for item in self.all(**filters) if repository in ("", item.algorithm_repository_name)]
        if not found:
            where = self._transport.url if instance_id is None else f"instance {instance_id} of {self._transport.url}"
            raise UnknownAlgorithm(f"there is no algorithm {name!r} at {where}")
        if len(found) > 1:
            names = ", ".join(f"{item.algorithm_repository_name}/{item.name}" for item in found)
            raise UnknownAlgorithm(f"{name!r} may be {names}: name it like that, or name an instance")
        return found[0].id
