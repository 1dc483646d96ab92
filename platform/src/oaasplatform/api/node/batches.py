"""``/algorithmExecutions/batch`` and ``/batches``: many submissions in one request, and what becomes of them all.

Lines of JSON (NDJSON) go in both directions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Services, Use, services_of
from oaasplatform.api.openapi import answers, batch, streams
from oaasplatform.api.parameters import By, next_cursor, wait_of_request
from oaasplatform.api.problems import problem_of
from oaasplatform.domain.batches import BatchFilter, Place
from oaasplatform.domain.documents import LARGE_BYTES
from oaasplatform.domain.errors import InvalidDocument, OaasError, PayloadTooLarge, Violation
from oaasplatform.domain.executions import Found
from oaasplatform.schemas.batches import (
    BatchLine,
    BatchPage,
    BatchResult,
    BatchView,
    batch_view,
    cursor_of,
    place_of,
)
from oaasplatform.schemas.executions import ExecutionCreate, execution_view
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
async def submit_executions(
    request: Request,
    user_id: Annotated[
        str | None, Query(alias="userId", max_length=200, description="Of the lines that name none.")
    ] = None,
) -> StreamingResponse:
    """Submit many executions: each line is a body as of `POST /algorithmExecutions`.

    The answer has a line for each: its number (`line`, from 0) with the execution, or with the problem that kept it
    out; others are submitted all the same. With `Prefer: wait=S` a line comes when its run has ended, or after S
    seconds. `Location` names the batch, if anything was accepted. Large inputs (more than 1 MiB) go by themselves.
    """
    use = services_of(request)
    refused: list[BatchLine] = []
    accepted: dict[int, int] = {}
    stored: list[BatchLine] = []
    wait = wait_of_request(request)
    with ExitStack() as stack:
        ends = stack.enter_context(use.executions.ends())
        async with use.batches.intake(user_id) as intake:
            async for group in _groups(request):
                valid: list[tuple[int, ExecutionCreate]] = []
                for number, line in group:
                    try:
                        valid.append((number, _decoder.decode(line)))
                    except msgspec.DecodeError as error:
                        refused.append(_refusal(request, number, error))
                results = await intake.add([create for _, create in valid])
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
        headers = {"Preference-Applied": "wait"} if wait else {}
        if intake.id is not None:
            headers["Location"] = f"{router.prefix}/batches/{intake.id}"
        answer = _answer(use, [*refused, *stored], accepted, ends, wait, stack.pop_all())
        return StreamingResponse(answer, headers=headers, media_type=_MEDIA_TYPE)


@router.get("/batches", **answers(BatchPage))
async def list_batches(
    use: Use, page: parameters.Page, user_id: Annotated[str | None, Query(alias="userId")] = None
) -> Response:
    """Batches, newest first."""
    found, last = await use.batches.page(BatchFilter(user_id=user_id), page)
    return _json(BatchPage(items=[batch_view(each) for each in found], next=next_cursor(last)))


@router.get("/batches/{id}", **answers(BatchView))
async def get_batch(use: Use, id: Id) -> Response:
    """How far a batch is."""
    return _json(batch_view(await use.batches.get(id)))


@router.delete("/batches/{id}", **answers(BatchView))
async def stop_batch(use: Use, id: Id, by: By) -> Response:
    """Stop all executions of a batch that have not ended."""
    return _json(batch_view(await use.batches.stop(id, by)))


@router.get("/batches/{id}/results", **streams(_MEDIA_TYPE, BatchResult))
async def get_batch_results(
    use: Use,
    id: Id,
    cursor: Annotated[str | None, Query(max_length=100, description="Go on behind the line that had it.")] = None,
    follow: Annotated[bool, Query(description="Go on until all have ended.")] = False,
) -> StreamingResponse:
    """What has ended, a line each, in the order of the ends. Nothing is missed, whoever goes on with a `cursor`."""
    results = await use.batches.results(id, _place(cursor), follow=follow)
    return StreamingResponse(_results(results), media_type=_MEDIA_TYPE)


def _place(cursor: str | None) -> Place | None:
    try:
        return None if cursor is None else place_of(cursor)
    except ValueError as error:
        detail = "The cursor is not one of ours: give the one of the line before."
        raise InvalidDocument(detail, (Violation("", "Bad cursor."),)) from error


async def _results(results: AsyncIterator[Found]) -> AsyncIterator[bytes]:
    async for found in results:
        execution = execution_view(found.execution, found.output)
        yield _encoder.encode(BatchResult(cursor=cursor_of(Place.behind(found.execution)), execution=execution)) + b"\n"


def _json(document: msgspec.Struct) -> Response:
    return Response(_encoder.encode(document), media_type="application/json")


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
