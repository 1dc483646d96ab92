"""The native contract, ``oaas/1`` (see ``oaas_sdk.contract``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import structlog

from oaas_sdk.contract import (
    CONTRACT,
    DEFAULT_PORT,
    NDJSON,
    AlgorithmDescriptor,
    BatchLaunch,
    Health,
    LaunchRequest,
    LaunchResult,
    Problem,
    StatusMessage,
)
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.documents import DocumentStream, Uploads
from oaasplatform.domain.errors import (
    ContractBroken,
    InputRefused,
    InstanceBusy,
    InstanceUnreachable,
    OaasError,
    RunUnknown,
    Violation,
)
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Launched, Readiness, Traits, Waiting
from oaasplatform.protocols.calls import ANSWER_SECONDS, SMALL, Caller, decode
from oaasplatform.protocols.large import LargeMessages, with_output

_DESCRIPTORS_MAX = 16 * 2**20
_PROBE_SECONDS = 2.0
_LAUNCH_RATE = 2**18
"""Bytes in a second, at least: large inputs share the way out of the database, and instances parse them in Python."""
_INPUT = b'"input":'
_NO_INPUT = _INPUT + b"null"
"""The member of a launch that a large input takes the place of; no other member before it can look like that."""

log = structlog.get_logger(__name__)


class OaasProtocol:
    """Speaks ``oaas/1`` with instances."""

    name = "oaas"
    port = DEFAULT_PORT
    traits = Traits(calls_back=True, keeps_time=True, writable=False)

    def __init__(
        self, session: aiohttp.ClientSession, uploads: Uploads, *, max_output_bytes: int, max_log_bytes: int
    ) -> None:
        """``uploads`` takes outputs that are too large for memory."""
        self._caller = Caller(session)
        self._large = LargeMessages(uploads, CONTRACT)
        self._max_message = max_output_bytes + SMALL
        self._max_log = max_log_bytes

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return False

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return deployment

    async def probe(self, target: Target) -> Readiness | Waiting:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        try:
            answer = await self._caller.call("GET", f"{target.base_url}/health", seconds=_PROBE_SECONDS)
        except InstanceUnreachable:
            return Waiting(f"GET /health has no answer at port {target.port}")
        if answer.status == 503:
            return Waiting("GET /health answers that it is starting")
        if answer.status != 200:
            raise ContractBroken(
                f"GET /health answered {answer.status}: no algorithm repository of the {CONTRACT} contract."
            )
        health = decode(answer.body, Health, CONTRACT)
        if health.contract.split("/")[0] != CONTRACT.split("/")[0]:
            raise ContractBroken(f"The instance speaks {health.contract!r}, not {CONTRACT!r}.")
        return Readiness(concurrency=health.concurrency, launch_batch=health.launch_batch)

    async def discover(self, target: Target) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        answer = await self._caller.call("GET", f"{target.base_url}/algorithms", limit=_DESCRIPTORS_MAX)
        if answer.status != 200:
            raise ContractBroken(f"GET /algorithms answered {answer.status}.")
        return [
            Descriptor(
                reference=str(found.algorithm_id),
                name=found.name,
                version=found.version,
                description=found.description,
                input_schema=found.input_schema,
                output_schema=found.output_schema,
                error_schema=found.error_schema,
                examples=found.examples,
            )
            for found in decode(answer.body, list[AlgorithmDescriptor], CONTRACT)
        ]

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        body = msgspec.json.encode(_request(launch))
        return await self._launch(target, launch, body, len(body))

    async def launch_large(self, target: Target, launch: Launch, input: DocumentStream) -> Launched:
        """See :class:`~oaasplatform.protocols.base.StreamingProtocol`."""
        before, _, behind = msgspec.json.encode(_request(launch)).partition(_NO_INPUT)
        before += _INPUT

        async def body() -> AsyncIterator[bytes]:
            yield before
            async for chunk in input.chunks:
                yield chunk
            yield behind

        try:
            return await self._launch(target, launch, body(), len(before) + input.size + len(behind))
        except _NotJson as error:
            text = f"The input is not JSON: {error}"
            raise InputRefused(text, (Violation("", text),)) from error

    async def _launch(self, target: Target, launch: Launch, body: bytes | AsyncIterator[bytes], size: int) -> Launched:
        async with self._caller.open(
            "POST",
            f"{target.base_url}/executions/{launch.reference}",
            data=body,
            headers={
                "Content-Type": "application/json",
                "Content-Length": str(size),
                "Prefer": f"wait={launch.wait:g}",
            },
            seconds=ANSWER_SECONDS + launch.wait + size / _LAUNCH_RATE,
        ) as incoming:
            if incoming.status == 200:
                return Launched(message=await self._large.read(incoming.chunks(self._max_message), launch.run_id))
            answer = await incoming.excerpt()
        match answer.status:
            case 202:
                return Launched()
            case 429:
                raise InstanceBusy("No slot is free.")
            case 422 | 413:
                raise _refused(decode(answer.body, Problem, CONTRACT))
            case 400:
                raise _NotJson(f"The launch was answered with 400: {answer.excerpt}")
            case _:
                raise ContractBroken(f"The launch was answered with {answer.status}: {answer.excerpt}")

    @asynccontextmanager
    async def launch_all(
        self, target: Target, launches: Sequence[Launch]
    ) -> AsyncIterator[AsyncIterator[tuple[str, Launched | OaasError]]]:
        """See :class:`~oaasplatform.protocols.base.BatchProtocol`."""
        body = b"\n".join(
            msgspec.json.encode(
                BatchLaunch(
                    algorithm_id=int(launch.reference),
                    execution_id=launch.run_id,
                    callback_url=launch.callback_url,
                    maximum_running_time_in_seconds=launch.time_limit,
                    input=launch.input,
                )
            )
            for launch in launches
        )
        wait = launches[0].wait
        async with self._caller.open(
            "POST",
            f"{target.base_url}/executions",
            data=body,
            headers={"Content-Type": NDJSON, "Prefer": f"wait={wait:g}"},
            seconds=ANSWER_SECONDS + wait + len(body) / 2**20,
        ) as incoming:
            if incoming.status != 200:
                answer = await incoming.excerpt()
                raise ContractBroken(f"The launches were answered with {answer.status}: {answer.excerpt}")
            yield self._settled(target, incoming.lines(self._max_message), {launch.run_id for launch in launches})

    async def _settled(
        self, target: Target, lines: AsyncIterator[bytes | AsyncIterator[bytes]], missing: set[str]
    ) -> AsyncIterator[tuple[str, Launched | OaasError]]:
        def check(result: LaunchResult) -> None:
            about = None if result.message is None else result.message.execution_id
            if result.status != 200 or about != result.execution_id or about not in missing:
                raise ContractBroken("The instance answered the launches with a large line that is no result of them.")

        async for line in lines:
            if isinstance(line, bytes):
                try:
                    result = decode(line, LaunchResult, CONTRACT)
                except ContractBroken as error:
                    # Of which launch, nobody knows: who is left without an answer is asked about.
                    log.warning("an answer to a launch can't be read", instance=target.instance_id, error=error.detail)
                    continue
            else:
                result, output = await self._large.read_within(line, LaunchResult, ("message", "output"), check)
                if result.message is not None:
                    result.message = with_output(result.message, output)
            missing.discard(result.execution_id)
            match result.status:
                case 200 | 202:
                    outcome: Launched | OaasError = Launched(message=result.message if result.status == 200 else None)
                case 429:
                    outcome = InstanceBusy("No slot is free.")
                case 422 | 413 if result.problem is not None:
                    outcome = _refused(result.problem)
                case status:
                    outcome = ContractBroken(f"The launch was answered with {status}.")
            yield result.execution_id, outcome

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        async with self._caller.open("GET", f"{target.base_url}/executions/{run.id}") as incoming:
            if incoming.status == 200:
                return await self._large.read(incoming.chunks(self._max_message), run.id)
            answer = await incoming.excerpt()
        if answer.status == 404:
            raise RunUnknown(f"The instance does not know run {run.id}.")
        raise ContractBroken(f"GET /executions answered {answer.status}: {answer.excerpt}")

    async def interrupt(self, target: Target, run: Run) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        answer = await self._caller.call("POST", f"{target.base_url}/executions/{run.id}/interrupt")
        if answer.status == 404:
            raise RunUnknown(f"The instance does not know run {run.id}.")
        if answer.status >= 400:
            raise ContractBroken(f"The interrupt was answered with {answer.status}: {answer.excerpt}")

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        url = f"{target.base_url}/executions/{run.id}?deleteStatusInfo={str(forget).lower()}"
        answer = await self._caller.call("DELETE", url, limit=self._max_message)
        if answer.status >= 400 and answer.status != 404:
            raise ContractBroken(f"The stop was answered with {answer.status}: {answer.excerpt}")

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        url = f"{target.base_url}/executions/{run.id}/logs?offset={offset}"
        answer = await self._caller.call("GET", url, limit=self._max_log, cut=True)
        if answer.status == 404:
            raise RunUnknown(f"The instance does not know run {run.id}.")
        if answer.status != 200:
            raise ContractBroken(f"GET /executions/{run.id}/logs answered {answer.status}.")
        return answer.body

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        message = decode(body, StatusMessage, CONTRACT)
        if message.execution_id != run.id:
            raise ContractBroken(f"The message is about run {message.execution_id!r}, not {run.id!r}.")
        return message

    async def read_large(self, run: Run, body: AsyncIterator[bytes]) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.StreamingProtocol`."""
        return await self._large.read(body, run.id)


class _NotJson(ContractBroken):
    """The instance says that the launch is not JSON."""


def _request(launch: Launch) -> LaunchRequest:
    return LaunchRequest(
        execution_id=launch.run_id,
        callback_url=launch.callback_url,
        maximum_running_time_in_seconds=launch.time_limit,
        input=launch.input,
    )


def _refused(problem: Problem) -> InputRefused:
    violations = tuple(Violation(error.pointer, error.detail) for error in problem.errors)
    return InputRefused(problem.detail or problem.title, violations)
