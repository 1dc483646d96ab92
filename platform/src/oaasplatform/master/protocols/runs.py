"""Executions on nodes, by the API of each node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from oaasplatform.domain.documents import Document
from oaasplatform.domain.errors import (
    InputRefused,
    InstanceUnreachable,
    NodeNotConnected,
    NodeRefused,
    NodeUnreachable,
    NotFound,
    Violation,
    WrongState,
)
from oaasplatform.kit.keys import authorization
from oaasplatform.master.domain.doors import Door
from oaasplatform.master.domain.executions import Report
from oaasplatform.master.schemas.reports import RunView
from oaasplatform.protocols.calls import Answer, Caller, Incoming, decode

_DIALECT = "the API of a node"
_EXECUTIONS = "algorithmExecutions"
_ANSWER_BYTES = 4 * 2**20
"""Of an execution with its small output, incumbent and error."""
_LOG_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a node is asked to run."""

    key: str
    """The same whenever it is asked for this run."""
    algorithm_id: int
    input: Document
    callback_url: str
    user_id: str | None
    priority: int
    max_running_time: float | None
    """Seconds."""


class _Submission(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """``POST /algorithmExecutions`` without the input."""

    algorithm_id: int
    callback_url: str
    user_id: str | None = None
    priority: int = 0
    max_running_time_in_seconds: float | None = None


class _Violation(msgspec.Struct):
    pointer: str = ""
    detail: str = ""


class _Problem(msgspec.Struct):
    detail: str = ""
    errors: list[_Violation] = []


class NodeRuns:
    """Each call raises ``NodeUnreachable`` without a whole answer, and ``ContractBroken`` for one that is none."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._caller = Caller(session)

    async def submit(self, door: Door, run: Run) -> Report:
        """Give a run to a node. Repeating it is fine.

        Raises:
            NodeNotConnected: it has not arrived.
            InputRefused: it never will be taken.
            NodeRefused: it was not taken.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": run.key}
        answer = await self._call("POST", door, "", _body(run), headers=headers)
        if answer.status in (413, 422):
            problem = _problem(answer)
            raise InputRefused(problem.detail, tuple(Violation(v.pointer, v.detail) for v in problem.errors))
        if answer.status >= 300:
            raise NodeRefused(_said(door, answer))
        return decode(answer.body, RunView, _DIALECT).report()

    async def get(self, door: Door, remote_id: int) -> Report:
        """How a run is. Raises ``NotFound``."""
        return await self._of_run("GET", door, remote_id)

    async def interrupt(self, door: Door, remote_id: int) -> Report:
        """Ask for the best solution found so far. Raises ``NotFound``, ``WrongState``: the node says that it can't."""
        return await self._of_run("POST", door, remote_id, "/interrupt")

    async def stop(self, door: Door, remote_id: int) -> Report:
        """Stop a run. Raises ``NotFound``, ``WrongState``: it has ended otherwise."""
        return await self._of_run("DELETE", door, remote_id)

    @asynccontextmanager
    async def output(self, door: Door, remote_id: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The output document as it comes. Raises ``NotFound``, ``WrongState``: there is none."""
        async with self._open("GET", door, f"/{remote_id}/output") as incoming:
            if incoming.status != 200:
                raise _refusal(door, remote_id, await incoming.excerpt())
            yield incoming.chunks()

    async def log(self, door: Door, remote_id: int, *, follow: bool) -> AsyncIterator[bytes]:
        """What the run has written, as it comes. Raises ``NotFound``."""
        query = "?follow=true" if follow else ""
        async with self._open("GET", door, f"/{remote_id}/logs{query}", seconds=_LOG_SECONDS) as incoming:
            if incoming.status != 200:
                raise _refusal(door, remote_id, await incoming.excerpt())
            incoming.be_patient()
            async for chunk in incoming.chunks():
                yield chunk

    async def start_instance(self, door: Door, repository_id: int, quota: dict[str, Any]) -> None:
        """Ask for one more instance. Raises ``NodeRefused``."""
        body = msgspec.json.encode({"algorithmRepositoryId": repository_id, "quotaInformation": quota})
        headers = {"Content-Type": "application/json"}
        answer = await self._call("POST", door, "", body, headers=headers, noun="algorithmRepositoriesInstances")
        if answer.status >= 300:
            raise NodeRefused(_said(door, answer))

    async def _of_run(self, method: str, door: Door, remote_id: int, path: str = "") -> Report:
        answer = await self._call(method, door, f"/{remote_id}{path}")
        if answer.status >= 300:
            raise _refusal(door, remote_id, answer)
        return decode(answer.body, RunView, _DIALECT).report()

    async def _call(
        self,
        method: str,
        door: Door,
        path: str,
        data: bytes | AsyncIterator[bytes] | None = None,
        *,
        headers: dict[str, str] | None = None,
        noun: str = _EXECUTIONS,
    ) -> Answer:
        async with self._open(method, door, path, data=data, headers=headers, noun=noun) as incoming:
            body = b"".join([chunk async for chunk in incoming.chunks(_ANSWER_BYTES)])
            return Answer(incoming.status, body, incoming.headers)

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        door: Door,
        path: str,
        *,
        data: bytes | AsyncIterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        noun: str = _EXECUTIONS,
        seconds: float = 30.0,
    ) -> AsyncIterator[Incoming]:
        shown = {**(headers or {}), "Authorization": authorization(door.key)}
        url = f"{door.base_url}/{noun}{path}"
        try:
            async with self._caller.open(method, url, seconds=seconds, data=data, headers=shown) as incoming:
                yield incoming
        except InstanceUnreachable as error:
            known = NodeNotConnected if isinstance(error.__cause__, aiohttp.ClientConnectorError) else NodeUnreachable
            raise known(f"{door} does not answer: {error.detail}") from error


def _body(run: Run) -> bytes | AsyncIterator[bytes]:
    beside = msgspec.json.encode(
        _Submission(
            algorithm_id=run.algorithm_id,
            callback_url=run.callback_url,
            user_id=run.user_id,
            priority=run.priority,
            max_running_time_in_seconds=run.max_running_time,
        )
    )
    begin = beside[:-1] + b',"input":'
    if isinstance(run.input, bytes):
        return begin + run.input + b"}"
    return _around(begin, run.input.chunks)


async def _around(begin: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield begin
    async for chunk in chunks:
        yield chunk
    yield b"}"


def _refusal(door: Door, remote_id: int, answer: Answer) -> NotFound | WrongState | NodeRefused:
    if answer.status == 404:
        return NotFound(f"execution on node {door.node_name!r}", remote_id)
    if answer.status == 409:
        return WrongState(_problem(answer).detail)
    return NodeRefused(_said(door, answer))


def _said(door: Door, answer: Answer) -> str:
    return f"{door} answered with status {answer.status}: {_problem(answer).detail}"


def _problem(answer: Answer) -> _Problem:
    try:
        return msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.DecodeError:
        return _Problem(detail=answer.excerpt)
