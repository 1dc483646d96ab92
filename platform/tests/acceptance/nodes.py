"""Nodes and masters as people run them: ``oaas up`` in a process of its own, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 90.0
_FOREIGN = ("OAAS_", "POSTGRES_", "REGISTRY_", "DATABASE_URL", "LOG_LEVEL", "NETWORK_MODE_HOST")


class Program:
    """A program with its data directory that serves an API; it may be ended, killed and started again."""

    command: tuple[str, ...] = ()
    """Behind ``oaas``."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.url = ""
        self.log = data_dir.with_suffix(".log")
        self.settings = settings
        """Environment variables of the next start."""
        self._process: asyncio.subprocess.Process | None = None
        self._http: httpx.AsyncClient | None = None

    @property
    def http(self) -> httpx.AsyncClient:
        """Client of the API."""
        assert self._http is not None
        return self._http

    @property
    def runs(self) -> bool:
        """Whether it was started and not ended."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it, on the same port as before, and wait until it is ready."""
        port = self.url.rpartition(":")[2] or "0"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "oaasplatform.cli", *self.command),
                *("--json", "--port", port, "--data-dir", str(self.data_dir)),
                env={**environment, **self.settings},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
        assert line, self.log.read_text()[-4000:]
        self.url = json.loads(line)["url"]
        self._http = httpx.AsyncClient(base_url=self.url, timeout=60)

    async def end(self) -> None:
        """SIGTERM, and wait."""
        await self._signal(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL, of this process alone: PostgreSQL and instances go on."""
        await self._signal(signal.SIGKILL)

    async def _signal(self, number: signal.Signals) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            await asyncio.wait_for(self._process.wait(), 60)
            self._process = None

    async def get(self, path: str, *, wait: float | None = None, status: int = 200, **parameters: Any) -> Any:
        """GET a document."""
        return await self._call("GET", path, wait=wait, status=status, params=parameters)

    async def post(self, path: str, body: Any = None, *, wait: float | None = None, status: int = 202) -> Any:
        """POST a document."""
        return await self._call("POST", path, wait=wait, status=status, json=body)

    async def interrupt(self, execution: str) -> None:
        """Ask for the best solution so far. The execution at this path may have ended by the time of the answer."""
        response = await self.http.post(f"{execution}/interrupt")
        assert response.status_code in (200, 202), response.text

    async def put(self, path: str, body: Any, *, status: int = 200) -> Any:
        """PUT changes of a resource."""
        return await self._call("PUT", path, status=status, json=body)

    async def delete(self, path: str, *, status: int = 202, **parameters: Any) -> Any:
        """DELETE a resource."""
        return await self._call("DELETE", path, status=status, params=parameters)

    async def _call(self, method: str, path: str, *, status: int, wait: float | None = None, **options: Any) -> Any:
        headers = {} if wait is None else {"Prefer": f"wait={wait}"}
        response = await self.http.request(method, path, headers=headers, **options)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    async def algorithm(self, name: str, repository: str | None = None) -> int:
        """Id of an algorithm."""
        items = (await self.get("/algorithms", name=name, limit=1000))["items"]
        ids = [each["id"] for each in items if repository in (None, each["algorithmRepositoryName"])]
        assert ids, f"no algorithm {name}"
        return int(ids[-1])

    async def run(
        self, algorithm: str, input: Any, *, wait: float | None = 60, status: int | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Submit an execution and wait for its end."""
        body = {"algorithmId": await self.algorithm(algorithm), "input": input, **fields}
        expected = status or (200 if wait else 202)
        execution: dict[str, Any] = await self.post("/algorithmExecutions", body, wait=wait, status=expected)
        return execution

    async def execution(self, id_: int, *, wait: float | None = None) -> dict[str, Any]:
        """One execution."""
        execution: dict[str, Any] = await self.get(f"/algorithmExecutions/{id_}", wait=wait)
        return execution

    async def reaches(self, id_: int, *states: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until an execution is in one of the states."""
        async with asyncio.timeout(seconds), self.http.stream("GET", f"/algorithmExecutions/{id_}/events") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: ") and (execution := json.loads(line[6:]))["state"] in states:
                    return dict(execution)
        raise AssertionError(f"it ended in another state than {states}: {await self.execution(id_)}")


class Master(Program):
    """A master."""

    command = ("master", "up")


class Node(Program):
    """A node."""

    def __init__(self, data_dir: Path, runtime: str, **settings: str) -> None:
        super().__init__(data_dir, **settings)
        self.runtime = runtime
        self.command = ("up", "--runtime", runtime)

    @property
    def uid(self) -> str:
        """By which the node marks what it makes in an engine."""
        said = [json.loads(line) for line in self.log.read_text().splitlines() if '"node ready"' in line]
        return str(said[-1]["node"])

    async def register(self, image: str, name: str = "sample") -> dict[str, Any]:
        """Register an image and wait until it is ready."""
        repository: dict[str, Any] = await self.post("/algorithmRepositories", {"name": name, "image": image}, wait=60)
        assert repository["status"] == "ready", repository["reason"]
        return repository

    async def deploy(self, repository_id: int, **fields: Any) -> dict[str, Any]:
        """Create an instance and wait until it is ready."""
        body = {"algorithmRepositoryId": repository_id, "quotaInformation": {"cpu": 0.5, "ram": "256MB"}, **fields}
        instance: dict[str, Any] = await self.post("/algorithmRepositoriesInstances", body, wait=60)
        assert instance["status"] == "ready", instance["reason"]
        return instance
