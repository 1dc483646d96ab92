"""The native contract, ``oaas/1`` (see ``oaas_sdk.contract``).

Instances are untrusted: answers are bounded in size and time, redirects are refused, and everything is parsed into
the contract's types before anybody looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import aiohttp
import msgspec

from oaas_sdk.contract import (
    CONTRACT,
    DEFAULT_PORT,
    AlgorithmDescriptor,
    Health,
    LaunchRequest,
    Problem,
    StatusMessage,
)
from oaasplatform.domain.errors import (
    ContractBroken,
    InputRefused,
    InstanceBusy,
    InstanceUnreachable,
    RunUnknown,
    Violation,
)
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.protocols.base import Launch, Readiness

_DESCRIPTORS_MAX = 16 * 2**20
_PROBLEM_MAX = 2**20
_CHUNK = 64 * 1024
_ANSWER_SECONDS = 10.0

Message = TypeVar("Message")


class OaasProtocol:
    """Speaks ``oaas/1`` with instances."""

    name = "oaas"
    port = DEFAULT_PORT

    def __init__(self, session: aiohttp.ClientSession, *, max_output_bytes: int, max_log_bytes: int) -> None:
        self._session = session
        self._max_message = max_output_bytes + _PROBLEM_MAX
        self._max_log = max_log_bytes

    async def probe(self, base_url: str) -> Readiness | None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        try:
            status, body = await self._call("GET", f"{base_url}/health", limit=_PROBLEM_MAX, seconds=2.0)
        except InstanceUnreachable:
            return None
        if status == 503:
            return None
        if status != 200:
            raise ContractBroken(f"GET /health answered {status}: no algorithm repository of the {CONTRACT} contract.")
        health = _decode(body, Health)
        if health.contract.split("/")[0] != CONTRACT.split("/")[0]:
            raise ContractBroken(f"The instance speaks {health.contract!r}, not {CONTRACT!r}.")
        return Readiness(concurrency=health.concurrency)

    async def discover(self, base_url: str) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        status, body = await self._call("GET", f"{base_url}/algorithms", limit=_DESCRIPTORS_MAX)
        if status != 200:
            raise ContractBroken(f"GET /algorithms answered {status}.")
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
            for found in _decode(body, list[AlgorithmDescriptor])
        ]

    async def launch(self, base_url: str, launch: Launch) -> StatusMessage | None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        request = LaunchRequest(
            execution_id=launch.run_id,
            callback_url=launch.callback_url,
            maximum_running_time_in_seconds=launch.time_limit,
            input=launch.input,
        )
        status, body = await self._call(
            "POST",
            f"{base_url}/executions/{launch.reference}",
            data=msgspec.json.encode(request),
            headers={"Content-Type": "application/json", "Prefer": f"wait={launch.wait:g}"},
            limit=self._max_message,
            seconds=_ANSWER_SECONDS + launch.wait + len(request.input) / 2**20,
        )
        match status:
            case 200:
                return _decode(body, StatusMessage)
            case 202:
                return None
            case 429:
                raise InstanceBusy("No slot is free.")
            case 422 | 413:
                problem = _decode(body, Problem)
                violations = tuple(Violation(error.pointer, error.detail) for error in problem.errors)
                raise InputRefused(problem.detail or problem.title, violations)
            case _:
                raise ContractBroken(f"The launch was answered with {status}: {_excerpt(body)}")

    async def poll(self, base_url: str, run_id: str) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        status, body = await self._call("GET", f"{base_url}/executions/{run_id}", limit=self._max_message)
        if status == 404:
            raise RunUnknown(f"The instance does not know run {run_id}.")
        if status != 200:
            raise ContractBroken(f"GET /executions answered {status}: {_excerpt(body)}")
        return _decode(body, StatusMessage)

    async def interrupt(self, base_url: str, run_id: str) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        status, body = await self._call("POST", f"{base_url}/executions/{run_id}/interrupt", limit=_PROBLEM_MAX)
        if status == 404:
            raise RunUnknown(f"The instance does not know run {run_id}.")
        if status >= 400:
            raise ContractBroken(f"The interrupt was answered with {status}: {_excerpt(body)}")

    async def stop(self, base_url: str, run_id: str, *, forget: bool) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        url = f"{base_url}/executions/{run_id}?deleteStatusInfo={str(forget).lower()}"
        status, body = await self._call("DELETE", url, limit=self._max_message)
        if status >= 400 and status != 404:
            raise ContractBroken(f"The stop was answered with {status}: {_excerpt(body)}")

    async def logs(self, base_url: str, run_id: str, offset: int = 0) -> bytes:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        url = f"{base_url}/executions/{run_id}/logs?offset={offset}"
        status, body = await self._call("GET", url, limit=self._max_log, cut=True)
        if status == 404:
            raise RunUnknown(f"The instance does not know run {run_id}.")
        if status != 200:
            raise ContractBroken(f"GET /executions/{run_id}/logs answered {status}.")
        return body

    async def _call(
        self,
        method: str,
        url: str,
        *,
        limit: int,
        seconds: float = _ANSWER_SECONDS,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        cut: bool = False,
    ) -> tuple[int, bytes]:
        """Status and body; a body beyond ``limit`` bytes breaks the contract, or is cut off."""
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=2.0)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > limit:
                        if not cut:
                            raise ContractBroken(f"{method} {response.url.path} answered more than {limit} bytes.")
                        del body[limit:]
                        break
                return response.status, bytes(body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise InstanceUnreachable(f"{method} {url}: {error or type(error).__name__}") from error


def _decode(body: bytes, type_: type[Message]) -> Message:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ContractBroken(f"The instance's answer is not what {CONTRACT} asks for: {error}") from error


def _excerpt(body: bytes) -> str:
    return body[:300].decode(errors="replace")
