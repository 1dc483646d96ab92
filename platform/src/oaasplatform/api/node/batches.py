"""``POST /algorithmExecutions/batch``: many submissions in one request; lines of JSON (NDJSON) in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from oaasplatform.api.dependencies import Services, services_of
from oaasplatform.api.openapi import batch
from oaasplatform.api.parameters import wait_of_request
from oaasplatform.api.problems import problem_of
from oaasplatform.domain.documents import LARGE_BYTES
from oaasplatform.domain.errors import OaasError, PayloadTooLarge
from oaasplatform.domain.executions import Found
from oaasplatform.schemas.executions import BatchLine, ExecutionCreate, execution_view
from oaasplatform.services.ends import Ends

_GROUP = 256
"""Submissions in one commit."""
_MOST = 100_000
"""Lines of one request."""
_MEDIA_TYPE = "application/x-ndjson"

router = APIRouter(prefix="/algorithmExecutions", tags=["executions"])
_decoder = msgspec.json.Decoder(ExecutionCreate)
_encoder = msgspec.json.Encoder()


@router.post("/batch", **batch(_MEDIA_TYPE))
async def submit_executions(request: Request) -> StreamingResponse:
    """Submit many executions: each line is a body as of `POST /algorithmExecutions`.

    The answer has a line for each: its number (`line`, from 0) with the execution, or with the problem that kept it
    out; others are submitted all the same. With `Prefer: wait=S` a line comes when its run has ended, or after S
    seconds. Large inputs (more than 1 MiB) go by themselves.
    """
    use = services_of(request)
    refused: list[BatchLine] = []
    accepted: dict[int, int] = {}
    stored: list[BatchLine] = []
    wait = wait_of_request(request)
    with ExitStack() as stack:
        ends = stack.enter_context(use.executions.ends())
        async for group in _groups(request):
            valid: list[tuple[int, ExecutionCreate]] = []
            for number, line in group:
                try:
                    valid.append((number, _decoder.decode(line)))
                except msgspec.DecodeError as error:
                    refused.append(_refusal(request, number, error))
            results = await use.executions.submit_all([create for _, create in valid])
            waiting: dict[int, int] = {}
            for (number, _), result in zip(valid, results, strict=True):
                if isinstance(result, OaasError):
                    refused.append(_refusal(request, number, result))
                elif wait and not result.state.terminal:
                    waiting[result.id] = number
                else:
                    stored.append(BatchLine(line=number, execution=execution_view(result)))
            ends.add(waiting)
            accepted |= waiting
        headers = {"Preference-Applied": "wait"} if wait else None
        answer = _answer(use, [*refused, *stored], accepted, ends, wait, stack.pop_all())
        return StreamingResponse(answer, headers=headers, media_type=_MEDIA_TYPE)


async def _answer(
    use: Services, known: list[BatchLine], accepted: dict[int, int], ends: Ends, wait: float, stack: ExitStack
) -> AsyncIterator[bytes]:
    with stack:
        for at in range(0, len(known), _GROUP):
            yield _encoder.encode_lines(known[at : at + _GROUP])
        async for ended in ends.come(wait):
            yield _encoder.encode_lines([await _line(use, accepted[found.execution.id], found) for found in ended])


async def _line(use: Services, number: int, found: Found) -> BatchLine:
    return BatchLine(line=number, execution=execution_view(found.execution, await use.executions.inline_output(found)))


def _refusal(request: Request, number: int, error: OaasError | msgspec.DecodeError) -> BatchLine:
    view: Any = problem_of(request, error).model_dump(mode="json", by_alias=True)
    return BatchLine(line=number, problem=view)


async def _groups(request: Request) -> AsyncIterator[list[tuple[int, bytes]]]:
    """The lines that are not empty with their numbers, some at a time, as they arrive."""
    buffer = bytearray()
    number = 0
    async for chunk in request.stream():
        buffer += chunk
        end = buffer.rfind(b"\n") + 1
        if end:
            for group in _cut(bytes(buffer[:end]), number):
                yield group
                number += len(group)
            del buffer[:end]
        if len(buffer) > LARGE_BYTES:
            raise PayloadTooLarge(f"A line of a batch has at most {LARGE_BYTES} bytes. Submit a large input by itself.")
    if buffer:
        for group in _cut(bytes(buffer), number):
            yield group


def _cut(text: bytes, number: int) -> Iterator[list[tuple[int, bytes]]]:
    lines = [(number + at, line) for at, line in enumerate(filter(None, map(bytes.strip, text.split(b"\n"))))]
    if number + len(lines) > _MOST:
        raise PayloadTooLarge(f"A batch has at most {_MOST} lines.")
    for at in range(0, len(lines), _GROUP):
        yield lines[at : at + _GROUP]
