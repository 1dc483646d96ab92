"""Whether the worker of an instance is free, and how it is made free. An instance has one slot."""

from __future__ import annotations

import asyncio
import time

from oaasplatform.domain.errors import ContractBroken, InstanceBroken, InstanceUnreachable, RunUnknown
from oaasplatform.domain.targets import Target
from oaasplatform.kit.backoff import delays
from oaasplatform.protocols.optimaix.backend import Backend
from oaasplatform.protocols.optimaix.wire import Handle
from oaasplatform.protocols.optimaix.worker import Worker, worker_of

_IDLE_SECONDS = 5.0
"""A worker that is busy so long after its last run has reported has one that nobody here knows of."""
_TAKE_SECONDS = 3.0
"""A task that is nowhere to be found for so long is in no worker's hands."""
_STOP_SECONDS = 10.0
"""A process that goes on so long after SIGTERM will not end by it: native code takes no note of signals."""
_LOOK_FIRST, _LOOK_MOST = 0.005, 0.2
_NO_ANSWER = (InstanceUnreachable, ContractBroken)
"""Or one that makes no sense: in both cases nothing is known."""


class Slot:
    """The slots of instances."""

    def __init__(self, backend: Backend, *, max_result: int) -> None:
        self._backend = backend
        self._max_result = max_result

    def worker(self, target: Target) -> Worker | None:
        """Of an instance; None where the node knows of no way to ask it."""
        return worker_of(target, max_result=self._max_result)

    async def await_idle(self, target: Target) -> None:
        """Wait for a moment in which the worker does nothing and nothing waits for it.

        A run that has called back may still be writing the file of the backend; and a launch whose answer was lost may
        have begun one that nobody waits for. Where the worker can't be asked, it is taken for idle.

        Raises:
            InstanceBroken: there is no such moment.
        """
        worker = self.worker(target)
        if worker is not None:
            await _await_idle(worker)

    async def free(self, target: Target, handle: Handle | None) -> None:
        """End a run that may be going on; without a handle, one whose launch had no answer.

        Raises:
            InstanceBroken: it does not end, or there is no way to see whether it did.
        """
        worker = self.worker(target)
        if worker is None:
            if not await self._is_over(target, handle):
                raise InstanceBroken("Without a Redis to ask, nobody can see whether the worker has stopped.")
        elif handle is None:
            await _await_idle(worker)
        elif (process := await _process_of(worker, handle.task)) is not None:
            await self._backend.revoke(target, handle.execution)
            await _await_exit(worker, process)

    async def _is_over(self, target: Target, handle: Handle | None) -> bool:
        """What the backend says, where nobody else can be asked."""
        if handle is None:
            return False
        try:
            return bool((await self._backend.record(target, handle.execution)).finished)
        except RunUnknown:
            return True


async def _await_idle(worker: Worker) -> None:
    until = time.monotonic() + _IDLE_SECONDS
    for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
        reason = "The worker is busy with a run that nobody waits for."
        try:
            # In this order: what has been taken between the two looks is active at the second one.
            if not await worker.waiting() and not await worker.active():
                return
        except _NO_ANSWER as error:
            reason = error.detail
        if time.monotonic() > until:
            raise InstanceBroken(reason)
        await asyncio.sleep(rest)


async def _process_of(worker: Worker, task: str) -> int | None:
    """In which process a task is; None when it has ended, or will never begin."""
    until = time.monotonic() + _TAKE_SECONDS
    for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
        reason = "The worker does not begin what it was given."
        try:
            if await worker.has_ended(task):
                return None
            waiting = await worker.waiting()
            active = await worker.active()
            if (process := active.get(task)) is not None:
                return process
            lost = task not in active and not waiting
        except _NO_ANSWER as error:
            reason, lost = error.detail, False
        if time.monotonic() > until:
            if lost:
                return None
            raise InstanceBroken(reason)
        await asyncio.sleep(rest)
    raise AssertionError("unreachable")


async def _await_exit(worker: Worker, process: int) -> None:
    until = time.monotonic() + _STOP_SECONDS
    for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
        reason = f"The worker goes on with the run {_STOP_SECONDS:g} seconds after it was revoked."
        try:
            if process not in await worker.processes():
                return
        except _NO_ANSWER as error:
            reason = error.detail
        if time.monotonic() > until:
            raise InstanceBroken(reason)
        await asyncio.sleep(rest)
