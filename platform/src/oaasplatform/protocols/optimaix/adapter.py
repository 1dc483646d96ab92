"""The adapter of the dialect ``optimaix``."""

from __future__ import annotations

import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import (
    ContractBroken,
    InstanceBroken,
    InstanceUnreachable,
    NotSupported,
    RunUnknown,
)
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Launched, Readiness, Traits, Waiting
from oaasplatform.protocols.calls import SMALL, Answer, decode
from oaasplatform.protocols.optimaix import messages, refusals
from oaasplatform.protocols.optimaix.backend import Backend
from oaasplatform.protocols.optimaix.catalogue import descriptors
from oaasplatform.protocols.optimaix.memory import Memory
from oaasplatform.protocols.optimaix.slot import Slot
from oaasplatform.protocols.optimaix.stack import stack_of
from oaasplatform.protocols.optimaix.wire import DIALECT, SUCCESS, Algorithm, Handle, Record, Started

_PROBE_SECONDS = 2.0


class OptimaixProtocol:
    """Speaks with OPTIMAIX repositories: a backend that launches, a Celery worker that calls back, Redis between."""

    name = "optimaix"
    port = 55955
    traits = Traits(calls_back=True, callback_port=5000)

    def __init__(self, *, max_output_bytes: int, redis_image: str) -> None:
        """``redis_image``: what registrations get that say nothing of a stack."""
        self._redis_image = redis_image
        self._backend = Backend(max_output_bytes=max_output_bytes)
        self._slot = Slot(self._backend, max_result=max_output_bytes + SMALL)
        self._memory = Memory()

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return False

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """Worker and Redis beside the image, unless the registration has a stack of its own."""
        if deployment.stack is not None:
            return deployment
        return msgspec.structs.replace(deployment, stack=stack_of(image.reference, self._redis_image))

    async def probe(self, target: Target) -> Readiness | Waiting:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        try:
            answer = await self._backend.algorithms(target, seconds=_PROBE_SECONDS)
        except InstanceUnreachable:
            return Waiting(f"GET /algorithms has no answer at port {target.port}")
        if answer.status >= 500:
            return Waiting(f"GET /algorithms answers {answer.status}")
        if not _algorithms(answer):
            return Waiting("GET /algorithms lists none")
        try:
            worker = self._slot.worker(target)
            if worker is not None and not await worker.connected():
                return Waiting("no worker is connected to Redis")
        except InstanceUnreachable as error:
            return Waiting(error.detail)
        return Readiness(concurrency=1)

    async def discover(self, target: Target) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return descriptors(_algorithms(await self._backend.algorithms(target)))

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        with self._memory.launching(launch.run_id):
            await self._slot.await_idle(target)
            answer = await self._backend.launch(target, launch)
        if answer.status != 200:
            refusals.explain(target, launch, answer, self._memory)
        self._memory.clear(launch)
        started = decode(answer.body, Started, DIALECT)
        handle = Handle(started.id, started.task_id)
        self._memory.launched(launch.run_id, handle)
        return Launched(handle=handle.encoded())

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """What Redis knows. The backend is asked only when the run has ended, or where there is no Redis."""
        handle = self._memory.handle(run)
        if handle is None and self._memory.is_launching(run.id):
            raise InstanceUnreachable(f"The launch of run {run.id} is under way.")
        if handle is None:
            # If it runs nevertheless, the next launch finds the worker busy.
            raise RunUnknown(f"No answer to the launch of run {run.id} is known.")
        worker = self._slot.worker(target)
        if worker is None:
            return messages.of_record(run, await self._record(target, handle))
        meta = await worker.task(handle.task)
        if meta is None:
            return messages.running(run)
        if meta.status == SUCCESS:
            # The callback was lost. What a task returns to Celery may be something else than its output.
            try:
                message = messages.of_record(run, await self._record(target, handle))
            except (RunUnknown, InstanceBroken):
                message = messages.running(run)
            if message.final:
                return message
        return messages.of_task(run, meta)

    async def interrupt(self, target: Target, run: Run) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        raise NotSupported("OPTIMAIX repositories can't be asked for the best solution so far; a run can be stopped.")

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        if not self._memory.has_reported(run.id):
            await self._slot.free(target, self._memory.handle(run))
        if forget:
            self._memory.forget(run.id)

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """None: what runs print is in the log of the worker, unsorted."""
        return b""

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        self._memory.reported(run.id)
        return messages.succeeded(run, body)

    async def _record(self, target: Target, handle: Handle) -> Record:
        record = await self._backend.record(target, handle.execution)
        if record.task_id != handle.task:
            raise RunUnknown(f"Execution {handle.execution} of the repository is another one.")
        return record


def _algorithms(answer: Answer) -> list[Algorithm]:
    """Raises ``ContractBroken``."""
    if answer.status != 200:
        raise ContractBroken(f"GET /algorithms answered {answer.status}: no {DIALECT} repository.")
    return decode(answer.body, list[Algorithm], DIALECT)
