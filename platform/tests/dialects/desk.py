"""What the table of dialects does with a node and a dialect on it."""

from __future__ import annotations

import subprocess
import uuid
from typing import Any

from dialect import Dialect, Variant
from nodes import Node

from oaasplatform.runtimes.docker.labels import INSTANCE, NODE, SERVICE


class Desk:
    """A node, a dialect on it, and what the table does with them."""

    def __init__(self, node: Node, dialect: Dialect, base_image: str) -> None:
        self.node = node
        self.dialect = dialect
        self._base_image = base_image
        self._deployed: dict[str, dict[str, Any]] = {}

    def image(self, variant: Variant = Variant.NORMAL) -> str:
        """Name of an image of the dialect."""
        return self.dialect.build(self._base_image, variant)

    async def register(self, variant: Variant = Variant.NORMAL, *, wait: float = 60, **more: Any) -> dict[str, Any]:
        """Register an image, and wait for the outcome, good or bad."""
        name = f"{self.dialect.name}-{variant}-{uuid.uuid4().hex[:6]}"
        body = {"name": name, "image": self.image(variant), **self.dialect.registration, **more}
        repository: dict[str, Any] = await self.node.post("/algorithmRepositories", body, wait=wait)
        return repository

    async def deployed(self) -> dict[str, Any]:
        """The instance that most tests share, with its repository."""
        if not self._deployed:
            repository = await self.register()
            assert repository["status"] == "ready", repository["reason"]
            instance = await self.node.deploy(repository["id"], quotaInformation=self.dialect.quota)
            self._deployed = {"repository": repository, "instance": instance}
        return self._deployed

    async def algorithm(self, name: str) -> int:
        """Id of an algorithm of the shared repository."""
        repository = (await self.deployed())["repository"]
        found = await self.node.get("/algorithms", name=name, algorithmRepositoryId=repository["id"])
        assert len(found["items"]) == 1, found
        return int(found["items"][0]["id"])

    async def submit(self, algorithm: str, input: Any, *, status: int = 202, **fields: Any) -> dict[str, Any]:
        """Submit an execution."""
        body = {"algorithmId": await self.algorithm(algorithm), "input": input, **fields}
        execution: dict[str, Any] = await self.node.post("/algorithmExecutions", body, status=status)
        return execution

    async def run(self, algorithm: str, input: Any, *, wait: float = 55, **fields: Any) -> dict[str, Any]:
        """Submit an execution, and wait for its end."""
        submitted = await self.submit(algorithm, input, **fields)
        return await self.node.execution(submitted["id"], wait=wait)

    def containers(self, instance_id: int) -> list[str]:
        """Ids of the running containers of an instance: those whose death the table wants to see."""
        wanted = {NODE: self.node.uid, INSTANCE: str(instance_id)}
        if self.dialect.victim is not None:
            wanted[SERVICE] = self.dialect.victim
        filters = [f"--filter=label={name}={value}" for name, value in wanted.items()]
        listed = subprocess.run(["docker", "ps", "--quiet", *filters], capture_output=True, text=True, check=True)
        found = listed.stdout.split()
        assert found, f"no container with {wanted}"
        return found
