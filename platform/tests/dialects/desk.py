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
        """By algorithm, as far as it is apart from the others."""

    def image(self, variant: Variant = Variant.NORMAL, algorithm: str = "add") -> str:
        """Name of the image of the dialect that has an algorithm."""
        apart = self.dialect.apart.get(algorithm)
        return (apart or self.dialect).build(self._base_image, variant)

    async def register(
        self, variant: Variant = Variant.NORMAL, *, algorithm: str = "add", wait: float = 60, **more: Any
    ) -> dict[str, Any]:
        """Register an image, and wait for the outcome, good or bad."""
        name = f"{self.dialect.name}-{variant}-{uuid.uuid4().hex[:6]}"
        body = {"name": name, "image": self.image(variant, algorithm), **self.dialect.registration, **more}
        repository: dict[str, Any] = await self.node.post("/algorithmRepositories", body, wait=wait)
        return repository

    async def deployed(self, algorithm: str = "add") -> dict[str, Any]:
        """The instance with an algorithm that most tests share, with its repository."""
        key = algorithm if algorithm in self.dialect.apart else ""
        if key not in self._deployed:
            repository = await self.register(algorithm=algorithm)
            assert repository["status"] == "ready", repository["reason"]
            instance = await self.node.deploy(repository["id"], quotaInformation=self.dialect.quota)
            self._deployed[key] = {"repository": repository, "instance": instance}
        return self._deployed[key]

    async def algorithms(self) -> dict[str, Any]:
        """All algorithms of the shared repository, by name; of all repositories if each algorithm has its own."""
        found: dict[str, Any] = {}
        for each in ("add", *self.dialect.apart):
            repository = (await self.deployed(each))["repository"]
            assert repository["protocol"] == self.dialect.name
            listed = await self.node.get("/algorithms", algorithmRepositoryId=repository["id"])
            found |= {algorithm["name"]: algorithm for algorithm in listed["items"]}
        return found

    def proof(self, algorithm: str) -> tuple[str, Any, Any]:
        """Name, input and output of a run that shows that the instance with an algorithm takes runs as before."""
        apart = self.dialect.apart.get(algorithm)
        if apart is None:
            return "add", {"a": 20, "b": 22}, {"sum": 42}
        assert apart.proof is not None, f"the dialect has no proof for {algorithm}"
        return algorithm, *apart.proof

    async def algorithm(self, name: str) -> int:
        """Id of an algorithm of the shared repository."""
        repository = (await self.deployed(name))["repository"]
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
