"""The adapter of the dialect ``matlab``."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from oaas_sdk.contract import ErrorType, RunError, StatusMessage
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
from oaasplatform.kit.backoff import delays
from oaasplatform.protocols.base import Launch, Launched, Readiness, Traits, Waiting
from oaasplatform.protocols.calls import Caller, decode
from oaasplatform.protocols.matlab.catalogue import Reference, algorithms
from oaasplatform.protocols.matlab.launches import Handle, Launches
from oaasplatform.protocols.matlab.messages import call_of, failed, message_of, running
from oaasplatform.protocols.matlab.requests import RequestCalls
from oaasplatform.protocols.matlab.wire import DIALECT, Discovery, Health, State

_DISCOVERY_MAX = 16 * 2**20
_PROBE_SECONDS = 2.0
_STOP_SECONDS = 30.0
"""A worker that still computes so long after its request was cancelled will not stop."""
_LOOK_FIRST, _LOOK_MOST = 0.01, 0.5


class MatlabProtocol:
    """Speaks the RESTful API of MATLAB Production Server: asynchronous requests, and discovery."""

    name = "matlab"
    port = 9910
    traits = Traits()

    def __init__(self, session: aiohttp.ClientSession, *, max_output_bytes: int) -> None:
        self._caller = Caller(session)
        self._requests = RequestCalls(self._caller, max_output_bytes=max_output_bytes)
        self._launches = Launches()

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return False

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return deployment

    async def probe(self, target: Target) -> Readiness | Waiting:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        try:
            answer = await self._caller.call("GET", f"{target.base_url}/api/health", seconds=_PROBE_SECONDS)
        except InstanceUnreachable:
            return Waiting("GET /api/health has no answer; a MATLAB server may take minutes to start")
        if answer.status == 503:
            return Waiting("GET /api/health answers that the server is starting, or has no license")
        if answer.status != 200:
            raise ContractBroken(f"GET /api/health answered {answer.status}: no MATLAB server.")
        health = decode(answer.body, Health, DIALECT)
        if health.status != "ok":
            return Waiting(f"GET /api/health answers {health.status[:50]!r}")
        return Readiness(concurrency=target.deployment.concurrency or 1)

    async def discover(self, target: Target) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        answer = await self._caller.call("GET", f"{target.base_url}/api/discovery", limit=_DISCOVERY_MAX)
        match answer.status:
            case 200:
                discovered = decode(answer.body, Discovery, DIALECT)
            case 403 | 404:
                discovered = Discovery()
            case _:
                raise ContractBroken(f"GET /api/discovery answered {answer.status}: {answer.excerpt}")
        found = algorithms(discovered, target.deployment.functions)
        if not found:
            raise ContractBroken(
                f"GET /api/discovery answered {answer.status} and named no function. Register the image with "
                "`functions`: a list of {archive, function, inputs, outputs}, the latter two being the names of the "
                "arguments and results in their order."
            )
        return found

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        reference = decode(launch.reference.encode(), Reference, "the dialect")
        body = call_of(reference, launch.input)
        handle = await self._launched_before(target, launch.run_id)
        if handle is None:
            self._launches.begin(launch.run_id, reference.outputs)
            request = await self._requests.create(
                target.base_url, reference.archive, reference.function, launch.run_id, body
            )
            handle = Handle(request.self, request.up, reference.outputs)
        self._launches.see(target, handle.up)
        message = await self._ended_soon(target, Run(launch.run_id, handle.encoded()), launch.wait)
        return Launched(message=message, handle=handle.encoded())

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        handle = await self._handle(target, run)
        if handle is None:
            raise RunUnknown(f"The server knows of no request of run {run.id}.")
        url = f"{target.base_url}{handle.self}"
        match await self._requests.state(url):
            case State.READY | State.ERROR:
                return message_of(run, await self._requests.result(url), handle.outputs)
            case State.CANCELLED:
                return failed(run, RunError(type=ErrorType.STOPPED, message="The request was cancelled."))
            case state:
                return running(run, state)

    async def interrupt(self, target: Target, run: Run) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        raise NotSupported("MATLAB servers can't be asked for the best solution so far; a run can only be stopped.")

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        handle = await self._handle(target, run)
        if handle is not None:
            await self._stop(f"{target.base_url}{handle.self}", forget=forget)
        if forget:
            self._launches.end(run.id)

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """None: what functions print is in the log of the instance, unsorted."""
        return b""

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        raise ContractBroken("MATLAB servers don't call back.")

    async def _ended_soon(self, target: Target, run: Run, seconds: float) -> StatusMessage | None:
        """The final message if it comes within some time."""
        until = time.monotonic() + seconds
        for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
            if time.monotonic() + rest > until:
                return None
            await asyncio.sleep(rest)
            try:
                message = await self.poll(target, run)
            except (InstanceUnreachable, RunUnknown, ContractBroken):
                return None  # the request has been made: whoever asks about it next gets to know
            if message.final:
                return message
        return None

    async def _stop(self, url: str, *, forget: bool) -> None:
        if forget and await self._requests.delete(url):
            return
        if await self._requests.cancel(url):
            await self._await_end(url)
        if forget and not await self._requests.delete(url):
            raise ContractBroken("The server does not delete a request that has ended.")

    async def _await_end(self, url: str) -> None:
        until = time.monotonic() + _STOP_SECONDS
        for rest in delays(first=_LOOK_FIRST, most=_LOOK_MOST):
            try:
                if (await self._requests.state(url)).ended:
                    return
            except RunUnknown:
                return
            if time.monotonic() > until:
                raise InstanceBroken(f"A worker goes on {_STOP_SECONDS:g} seconds after its request was cancelled.")
            await asyncio.sleep(rest)

    async def _launched_before(self, target: Target, run_id: str) -> Handle | None:
        return await self._handle(target, Run(run_id, None)) if self._launches.outputs(run_id) is not None else None

    async def _handle(self, target: Target, run: Run) -> Handle | None:
        """Where the request of a run is. A launch without an answer is looked for among the server's requests."""
        if run.handle is not None:
            handle = decode(run.handle.encode(), Handle, "the dialect")
            self._launches.see(target, handle.up)
            return handle
        up = self._launches.collection(target)
        request = None if up is None else await self._requests.find(target.base_url, up, run.id)
        if request is None:
            return None
        outputs = self._launches.outputs(run.id)
        if outputs is None:
            # Of before a restart of the node: its results could not be named. It must not run beside its repetition.
            await self._stop(f"{target.base_url}{request.self}", forget=True)
            return None
        return Handle(request.self, request.up, outputs)
