"""Registries: which credentials an image gets, what may not go, and what is in the tables."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import (
    CredentialsUnreadable,
    ImageNotAllowed,
    InUse,
    InvalidDocument,
    NameTaken,
    NotFound,
)
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.registries import Registry, RegistryFilter
from oaasplatform.domain.repositories import Repository
from oaasplatform.kit.sealing import Sealer
from oaasplatform.runtimes.base import Credentials
from oaasplatform.schemas.registries import RegistryCreate, RegistryUpdate
from oaasplatform.schemas.repositories import RepositoryCreate, RepositoryUpdate
from oaasplatform.services.registries import RegistryService
from oaasplatform.services.repositories import RepositoryService

HOST = "registry.example.org"
IMAGE = f"{HOST}/team/planner:1"


class Desk:
    """Both services on one database."""

    def __init__(self, database: Database, key_file: Path, **settings: Any) -> None:
        defaults = {"default.example.org": Credentials(username="operator", password="from the settings")}
        self.registries = RegistryService(database, Sealer(None, key_file), defaults)
        self.repositories = RepositoryService(database, self.registries, **{"allowed_images": ("*",), **settings})

    async def registry(self, **fields: Any) -> Registry:
        """A registered registry."""
        body = {"url": f"https://{HOST}", "username": "planner", "password": "topsecret", **fields}
        return await self.registries.create(RegistryCreate.model_validate(body))

    async def repository(self, name: str = "planner", **fields: Any) -> Repository:
        """A registered repository."""
        return await self.repositories.create(RepositoryCreate.model_validate({"name": name, "image": IMAGE, **fields}))

    async def change(self, registry: Registry, **fields: Any) -> Registry:
        """PUT."""
        return await self.registries.update(registry.id, RegistryUpdate.model_validate(fields))

    async def password(self, image: str, registry: Registry | None = None) -> str | None:
        """What the image would be pulled with."""
        found = await self.registries.credentials(registry and registry.id, image)
        return found and found.password


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "secret.key")


async def test_the_host_of_the_image_chooses(desk: Desk) -> None:
    assert await desk.password(IMAGE) is None
    assert await desk.password("default.example.org/x") == "from the settings"
    first = await desk.registry()
    await desk.registry(name="later", token="later", password=None)
    assert await desk.password(IMAGE) == await desk.password(f"{HOST.upper()}/x") == "topsecret"
    assert await desk.password(f"evil.example.com/{HOST}/x") is None
    assert await desk.password("x") is None
    await desk.registry(url="default.example.org")
    assert await desk.password("default.example.org/x") == "topsecret"
    assert (first.name, first.host, first.credential) == (HOST, HOST, "password")


async def test_a_named_registry_chooses(desk: Desk) -> None:
    await desk.registry()
    second = await desk.registry(name="second", token="of the second", password=None)
    assert await desk.password(IMAGE, second) == "of the second"
    assert await desk.password("elsewhere.example.org/x", second) is None, "never to another host"
    repository = await desk.repository(registryId=second.id)
    assert repository.registry_id == second.id
    changed = await desk.repositories.update(repository.id, RepositoryUpdate.model_validate({"registryId": None}))
    assert changed.registry_id is None
    with pytest.raises(NotFound, match="registry"):
        await desk.repository("other", registryId=10**9)
    with pytest.raises(InvalidDocument, match="elsewhere") as refusal:
        await desk.repository("other", image="elsewhere.example.org/x", registryId=second.id)
    assert refusal.value.violations[0].pointer == "/registryId"
    with pytest.raises(InvalidDocument):
        update = RepositoryUpdate.model_validate({"image": "elsewhere.example.org/x", "registryId": second.id})
        await desk.repositories.update(repository.id, update)


async def test_one_that_is_needed_stays(desk: Desk) -> None:
    first, second = await desk.registry(), await desk.registry(name="second")
    by_host = await desk.repository()
    named = await desk.repository("named", registryId=second.id)
    for registry, name in ((first, by_host.name), (second, named.name)):
        with pytest.raises(InUse, match=rf"1 algorithm repositories .*\({name}\)"):
            await desk.registries.delete(registry.id)
        with pytest.raises(InUse):
            await desk.change(registry, url="moved.example.org", password="new")
    await desk.change(first, url=f"http://{HOST}", name="renamed")
    await desk.repositories.delete(named.id)
    await desk.registries.delete(second.id)
    with pytest.raises(NotFound):
        await desk.registries.get(second.id)
    await desk.repositories.delete(by_host.id)
    await desk.registries.delete(first.id)
    with pytest.raises(NotFound):
        await desk.registries.delete(first.id)


async def test_another_host_needs_the_password_again(desk: Desk) -> None:
    registry = await desk.registry()
    with pytest.raises(InvalidDocument, match=r"registry\.example\.org only"):
        await desk.change(registry, url="https://evil.example.com")
    assert (await desk.registries.get(registry.id)).host == HOST
    moved = await desk.change(registry, url="moved.example.org", token="new")
    assert (moved.host, moved.credential) == ("moved.example.org", "token")
    assert await desk.password("moved.example.org/x") == "new"


async def test_a_changed_row_sends_nothing_elsewhere(desk: Desk, database: Database) -> None:
    """As by somebody who can write to the database, and can't read the key."""
    registry = await desk.registry()
    await database.registries.update(registry.id, {"host": "evil.example.com"})
    with pytest.raises(CredentialsUnreadable):
        await desk.password("evil.example.com/x")


async def test_names_are_unique(desk: Desk) -> None:
    registry = await desk.registry()
    with pytest.raises(NameTaken):
        await desk.registry()
    with pytest.raises(NameTaken):
        await desk.change(await desk.registry(name="second"), name=registry.name)


async def test_lists(desk: Desk) -> None:
    for number in range(3):
        await desk.registry(name=f"r{number}", url=f"host{number % 2}.example.org")
    items, cursor = await desk.registries.page(RegistryFilter(), Paging(limit=2))
    assert ([item.name for item in items], cursor) == (["r2", "r1"], items[-1].id)
    assert [r.name for r in (await desk.registries.page(RegistryFilter(), Paging(before=cursor)))[0]] == ["r0"]
    found, _ = await desk.registries.page(RegistryFilter(host="host0.example.org", name="r2"), Paging())
    assert [r.name for r in found] == ["r2"]


async def test_the_tables_hold_no_password(desk: Desk, database: Database) -> None:
    registry = await desk.registry()
    await desk.change(registry, token="alsosecret")
    from tortoise import connections

    rows = await connections.get("default").execute_query_dict("SELECT * FROM registries")
    assert len(rows) == 1
    for secret in (b"topsecret", b"alsosecret"):
        assert secret not in bytes(rows[0]["sealed"])
        assert secret.decode() not in repr(rows)
        assert base64.b64encode(secret).decode() not in repr(rows)


async def test_another_key_is_explained(desk: Desk, database: Database, tmp_path: Path) -> None:
    await desk.registry()
    other = Desk(database, tmp_path / "other.key")
    with pytest.raises(CredentialsUnreadable, match=r"'registry\.example\.org' was encrypted with another key"):
        await other.password(IMAGE)


async def test_images_that_are_not_allowed(desk: Desk, database: Database, tmp_path: Path) -> None:
    before = await desk.repository("before")
    strict = Desk(database, tmp_path / "secret.key", allowed_images=(f"{HOST}/allowed/*",))
    with pytest.raises(ImageNotAllowed, match=rf"allows {HOST}/allowed/\*; not {IMAGE}") as refusal:
        await strict.repository()
    assert refusal.value.violations[0].pointer == "/image"
    allowed = await strict.repository(image=f"{HOST}/allowed/x:1")
    with pytest.raises(ImageNotAllowed):
        await strict.repositories.update(allowed.id, RepositoryUpdate.model_validate({"image": IMAGE}))
    with pytest.raises(ImageNotAllowed):
        await strict.repositories.refresh(before.id)
    renamed = await strict.repositories.update(before.id, RepositoryUpdate.model_validate({"name": "renamed"}))
    assert renamed.name == "renamed"
