"""Containers that run to completion, one for each run: ``domain.jobs.Jobs`` on a Docker Engine."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import aiohttp
from aiodocker.containers import DockerContainer
from aiodocker.exceptions import DockerError

from oaasplatform.domain.errors import EngineUnavailable, ImageUnavailable, NotFound, UnitFailed
from oaasplatform.domain.jobs import Job, JobSpec
from oaasplatform.runtimes.base import Unit, UnitState
from oaasplatform.runtimes.docker.archives import archive_of, first_file
from oaasplatform.runtimes.docker.containers import job_config
from oaasplatform.runtimes.docker.engine import NOT_FOUND, Engine
from oaasplatform.runtimes.docker.host import Host
from oaasplatform.runtimes.docker.images import Images
from oaasplatform.runtimes.docker.labels import INSTANCE, NODE, RUN, job_labels, job_name
from oaasplatform.runtimes.docker.streams import read_logs
from oaasplatform.runtimes.docker.units import unit_of

_START_SECONDS = 60.0
_TRANSFER_SECONDS = 300.0
"""For an input of the largest size on a busy machine."""
_CHUNK = 256 * 1024


class JobContainers:
    """Makes, watches and reads job containers. Stopping and removing them is like that of any container."""

    def __init__(self, engine: Engine, images: Images, node_id: str) -> None:
        self._engine = engine
        self._images = images
        self._node_id = node_id

    async def start(self, spec: JobSpec, host: Host, network: str) -> Job:
        """See ``Jobs.start_job``."""
        image = await self._images.resolve(spec.digest, None)
        config = job_config(spec, image, host, network=network, labels=job_labels(self._node_id, spec))
        async with self._engine.ask(_START_SECONDS + _TRANSFER_SECONDS) as docker:
            container = await self._create(docker.containers, config, job_name(self._node_id, spec))
            try:
                await _feed(container, spec)
            except DockerError as error:
                await container.delete(force=True, v=True)
                raise UnitFailed(f"The engine could not start the container of the run: {error.message}") from error
        job = await self.find(spec.instance_id, spec.run_id)
        if job is None:
            raise UnitFailed("The container of the run was removed while it was being started.")
        return job

    async def _create(self, containers: Any, config: Mapping[str, Any], name: str) -> DockerContainer:
        with contextlib.suppress(DockerError):
            await containers.container(name).delete(force=True, v=True)
        try:
            created: DockerContainer = await containers.create(config, name=name)
        except DockerError as error:
            if error.status == NOT_FOUND:
                raise ImageUnavailable(f"The engine can't find the image: {error.message}") from error
            raise UnitFailed(f"The engine refused to create the container of the run: {error.message}") from error
        return created

    async def find(self, instance_id: int, run_id: str) -> Job | None:
        """See ``Jobs.find_job``."""
        labels = [f"{NODE}={self._node_id}", f"{INSTANCE}={instance_id}", f"{RUN}={run_id}"]
        params = {"all": "1", "filters": json.dumps({"label": labels})}
        async with self._engine.ask() as docker:
            for listed in await docker._query_json("containers/json", params=params):
                try:
                    return _job(unit_of((await docker.containers.get(listed["Id"]))._container))
                except DockerError as error:
                    if error.status != NOT_FOUND:
                        raise
        return None

    async def wait(self, job_id: str, seconds: float) -> bool:
        """See ``Jobs.wait_job``."""
        try:
            async with (
                asyncio.timeout(seconds),
                self._engine.stream(f"containers/{job_id}/wait", {}, method="POST") as answer,
            ):
                await answer.read()
        except TimeoutError:
            return False
        except DockerError as error:
            if error.status != NOT_FOUND:
                raise EngineUnavailable(f"The Docker engine can't wait for a container: {error.message}") from error
        return True

    async def read(self, job_id: str, path: str | None) -> AsyncIterator[bytes]:
        """See ``Jobs.read_job``."""
        if path is None:
            async for chunk in read_logs(self._engine, job_id, tail=None, follow=False, stderr=False):
                yield chunk
            return
        try:
            async with self._engine.stream(f"containers/{job_id}/archive", {"path": path}) as archive:
                async for chunk in first_file(archive):
                    yield chunk
        except DockerError as error:
            if error.status == NOT_FOUND:
                raise NotFound("file", path) from error
            raise EngineUnavailable(f"The Docker engine can't read {path}: {error.message}") from error


async def _feed(container: DockerContainer, spec: JobSpec) -> None:
    """Start a created container and hand its input over."""
    if spec.input_path is not None:
        directory = str(PurePosixPath(spec.input_path).parent)
        archive = archive_of(spec.input_path, spec.input)
        await container.put_archive(directory, archive)  # type: ignore[no-untyped-call]
        await container.start()
        return
    async with container.attach(stdin=True) as stdin:
        await container.start()
        # Who ends without having read everything is no error: perhaps it needs no input.
        with contextlib.suppress(OSError, aiohttp.ClientError, RuntimeError):
            for at in range(0, len(spec.input), _CHUNK):
                await stdin.write_in(spec.input[at : at + _CHUNK])


def _job(unit: Unit) -> Job:
    return Job(
        id=unit.id,
        running=unit.state is UnitState.RUNNING,
        exit_code=unit.exit_code,
        out_of_memory=unit.out_of_memory,
        started_at=unit.started_at,
        finished_at=unit.finished_at,
    )
