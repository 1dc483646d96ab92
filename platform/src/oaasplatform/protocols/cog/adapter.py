"""The adapter of the dialect ``cog``."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from oaas_sdk.contract import Status, StatusMessage
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import (
    ContractBroken,
    InstanceBroken,
    InstanceBusy,
    InstanceUnreachable,
    NotSupported,
    RunUnknown,
)
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target
from oaasplatform.kit.backoff import delays
from oaasplatform.protocols.base import Launch, Launched, Readiness, Traits, Waiting
from oaasplatform.protocols.calls import Caller, decode
from oaasplatform.protocols.cog.images import DEFAULT_NAME, completed, is_cog
from oaasplatform.protocols.cog.memory import Memory
from oaasplatform.protocols.cog.messages import message_of
from oaasplatform.protocols.cog.schemas import schema_of
from oaasplatform.protocols.cog.server import ServerCalls
from oaasplatform.protocols.cog.wire import DIALECT, Health, HealthCheck, Prediction

_VERSION = "1.0.0"
"""Models have none."""
_ACCEPTED = "accepted"
"""``Run.handle``: runs are called what the platform calls them, but whether the server took them is worth a note."""
_STOP_SECONDS = 30.0
"""A model that still runs so long after it was cancelled will not stop."""
_DELIVERY_SECONDS = 120.0
"""The longest rest of a server that failed to deliver the end of a run, before it tries again."""
_SLOT_SECONDS = 1.0
"""A slot is given back a moment after its run was reported to have ended."""
_LOOK_FIRST, _LOOK_MOST = 0.01, 0.5
_SETUP_LOG = 2000


class CogProtocol:
    """Speaks Cog's HTTP API: one model an image, runs that report by webhooks."""

    name = "cog"
    port = 5000
    traits = Traits(calls_back=True)

    def __init__(self, session: aiohttp.ClientSession, *, max_message_bytes: int, max_log_bytes: int) -> None:
        """``max_message_bytes``: of a run with its input, log and output."""
        self._server = ServerCalls(Caller(session), max_message_bytes=max_message_bytes)
        self._memory = Memory(max_log_bytes=max_log_bytes)

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return is_cog(image)

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return completed(deployment, image)

    async def probe(self, target: Target) -> Readiness | Waiting:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        try:
            health = await self._server.health(target.base_url)
        except InstanceUnreachable:
            return Waiting("GET /health-check has no good answer")
        match health.status:
            case Health.READY | Health.BUSY:
                # A server that can't be asked about single runs says only whether one is going on.
                several = health.tells_of_runs and target.deployment.concurrency
                return Readiness(concurrency=several or 1)
            case Health.SETUP_FAILED:
                logs = "" if health.setup is None else health.setup.logs.strip()
                raise ContractBroken(f"The model's setup failed: {logs[-_SETUP_LOG:] or 'it does not say why'}")
            case Health.DEFUNCT:
                raise InstanceBroken("GET /health-check answers DEFUNCT: an error from which it can't recover.")
            case Health.UNHEALTHY:
                return Waiting(f"GET /health-check answers UNHEALTHY: {_unhealthy(health)}")
            case Health.STARTING | Health.UNKNOWN:
                return Waiting(f"GET /health-check answers {health.status}: the model is being set up")

    async def discover(self, target: Target) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        schemas = (await self._server.document(target.base_url)).components.schemas
        if "Input" not in schemas:
            raise ContractBroken("GET /openapi.json has no schema called Input: no model of Cog.")
        name = target.deployment.algorithm or DEFAULT_NAME
        return [
            Descriptor(
                reference=name,
                name=name,
                version=_VERSION,
                description="",
                input_schema=schema_of("Input", schemas),
                output_schema=schema_of("Output", schemas),
                error_schema={},
                examples=[],
            )
        ]

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        until = time.monotonic() + _SLOT_SECONDS
        for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
            try:
                prediction = await self._server.create(target.base_url, launch)
            except ContractBroken:
                await self._check_health(target)  # a server that is beyond help answers anything
                raise
            if prediction is not None:
                message = message_of(Run(launch.run_id, _ACCEPTED), prediction)
                return Launched(message=message if message.final else None, handle=_ACCEPTED)
            await self._check_health(target)
            if time.monotonic() + rest > until:
                break
            await asyncio.sleep(rest)
        raise InstanceBusy("No slot is free.")

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        health = await self._server.health(target.base_url)
        if health.status in (Health.DEFUNCT, Health.SETUP_FAILED):
            raise InstanceBroken(f"GET /health-check answers {health.status}: {_unhealthy(health)}")
        if not health.tells_of_runs:
            # It takes one run at a time, and counts as busy until it has reported the end or given up.
            if health.status is not Health.BUSY:
                raise RunUnknown(f"The server is not busy with run {run.id} any more, or has never been.")
            return _running(run)
        prediction = await self._find(target, run)
        if prediction is not None:
            return message_of(run, prediction)
        if run.handle is None or self._memory.gone_for(run.id) > _DELIVERY_SECONDS:
            raise RunUnknown(f"The server does not know run {run.id}.")
        return _running(run)  # it has ended: what became of it is on its way

    async def interrupt(self, target: Target, run: Run) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        raise NotSupported("Models can't be asked for the best solution so far; a run can only be stopped.")

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        await self._server.cancel(target.base_url, run)
        until = time.monotonic() + _STOP_SECONDS
        for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
            if not await self._goes_on(target, run):
                break
            if time.monotonic() > until:
                raise InstanceBroken(f"The model goes on {_STOP_SECONDS:g} seconds after it was cancelled.")
            await asyncio.sleep(rest)
        if forget:
            self._memory.forget(run.id)

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        if (await self._server.health(target.base_url)).tells_of_runs:
            await self._find(target, run)
        return self._memory.log(run.id)[offset:]

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        prediction = decode(body, Prediction, DIALECT)
        if prediction.id != run.id:
            raise ContractBroken(f"The message is about run {prediction.id[:100]!r}, not {run.id!r}.")
        message = message_of(run, prediction)
        if message.final:
            self._memory.forget(run.id)
        else:
            self._memory.keep_log(run.id, prediction.logs)
        return message

    async def _check_health(self, target: Target) -> None:
        """Of a server that took no run. Raises ``InstanceBroken``."""
        health = await self._server.health(target.base_url)
        if health.status in (Health.DEFUNCT, Health.SETUP_FAILED, Health.UNHEALTHY):
            raise InstanceBroken(f"The server takes no runs, and says it is {health.status}: {_unhealthy(health)}")

    async def _find(self, target: Target, run: Run) -> Prediction | None:
        prediction = await self._server.find(target.base_url, run)
        if prediction is not None:
            self._memory.keep_log(run.id, prediction.logs)
        return prediction

    async def _goes_on(self, target: Target, run: Run) -> bool:
        health = await self._server.health(target.base_url)
        if health.tells_of_runs:
            return await self._find(target, run) is not None
        return health.status is Health.BUSY


def _running(run: Run) -> StatusMessage:
    return StatusMessage(execution_id=run.id, status=Status.RUNNING, sequence=0)


def _unhealthy(health: HealthCheck) -> str:
    return (health.user_healthcheck_error or "it does not say why")[:_SETUP_LOG]
