"""``/algorithmExecutions/batch`` and ``/batches``: many submissions in one request, and what becomes of them all.

Lines of JSON (NDJSON) go in both directions. The same on a node and on a master.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id
from oaasplatform.api.openapi import answers, batch, streams
from oaasplatform.api.parameters import By, next_cursor, wait_of_request
from oaasplatform.api.problems import problem_of
from oaasplatform.domain.batches import BatchFilter, Place
from oaasplatform.domain.documents import LARGE_BYTES
from oaasplatform.domain.errors import InvalidDocument, OaasError, PayloadTooLarge, Violation
from oaasplatform.domain.executions import Execution, Found
from oaasplatform.schemas.batches import (
    BatchLine,
    BatchPage,
    BatchResult,
    BatchView,
    batch_view,
    cursor_of,
    place_of,
)
from oaasplatform.schemas.executions import ExecutionView
from oaasplatform.services.batch_stores import Request as Line
from oaasplatform.services.batches import BatchService
from oaasplatform.services.ends import Ends
from oaasplatform.services.watchers import Watching

_GROUP = 256
"""Submissions in one commit."""
_MOST = 100_000
"""Lines of one request."""
_MEDIA_TYPE = "application/x-ndjson"
_PREFIX = "/algorithmExecutions"

Create = TypeVar("Create", bound=Line)
View = Callable[[Execution, bytes | None], ExecutionView]

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Use(Generic[Create]):
    """What the routes work with."""

    batches: BatchService[Create, Any]
    executions: Watching


def batch_routes(create: type[Create], view: View, use_of: Callable[[Request], Use[Create]]) -> APIRouter:
    """The routes. ``create``: a line of a request; ``view``: how an execution is shown."""
    router = APIRouter(prefix=_PREFIX, tags=["executions"])
    decoder = msgspec.json.Decoder(create)

    @router.post("/batch", **batch(_MEDIA_TYPE, create))
    async def submit_executions(
        request: Request,
        user_id: Annotated[
            str | None, Query(alias="userId", max_length=200, description="Of the lines that name none.")
        ] = None,
    ) -> StreamingResponse:
        """Submit many executions: each line is a body as of `POST /algorithmExecutions`.

        The answer has a line for each: its number (`line`, from 0) with the execution, or with the problem that kept
        it out; others are submitted all the same. With `Prefer: wait=S` a line comes when its run has ended, or after
        S seconds. `Location` names the batch, if anything was accepted. Large inputs (more than 1 MiB) go by
        themselves.
        """
        use = use_of(request)
        refused: list[BatchLine] = []
        accepted: dict[int, int] = {}
        stored: list[BatchLine] = []
        wait = wait_of_request(request)
        with ExitStack() as stack:
            ends = stack.enter_context(use.executions.ends())
            async with use.batches.intake(user_id) as intake:
                async for group in _groups(request):
                    valid: list[tuple[int, Create]] = []
                    for number, line in group:
                        try:
                            valid.append((number, decoder.decode(line)))
                        except msgspec.DecodeError as error:
                            refused.append(_refusal(request, number, error))
                    results = await intake.add([each for _, each in valid])
                    waiting: dict[int, int] = {}
                    for (number, _), result in zip(valid, results, strict=True):
                        if isinstance(result, OaasError):
                            refused.append(_refusal(request, number, result))
                        elif wait and not result.state.terminal:
                            waiting[result.id] = number
                        else:
                            stored.append(BatchLine(line=number, execution=view(result, None)))
                    ends.add(waiting)
                    accepted |= waiting
            headers = {"Preference-Applied": "wait"} if wait else {}
            if intake.id is not None:
                headers["Location"] = f"{_PREFIX}/batches/{intake.id}"
            awaited = _Awaited(use.executions, view, accepted, ends, wait)
            lines = _answer([*refused, *stored], awaited, stack.pop_all())
            return StreamingResponse(lines, headers=headers, media_type=_MEDIA_TYPE)

    @router.get("/batches", **answers(BatchPage))
    async def list_batches(
        request: Request, page: parameters.Page, user_id: Annotated[str | None, Query(alias="userId")] = None
    ) -> Response:
        """Batches, newest first."""
        found, last = await use_of(request).batches.page(BatchFilter(user_id=user_id), page)
        return _json(BatchPage(items=[batch_view(each) for each in found], next=next_cursor(last)))

    @router.get("/batches/{id}", **answers(BatchView))
    async def get_batch(request: Request, id: Id) -> Response:
        """How far a batch is."""
        return _json(batch_view(await use_of(request).batches.get(id)))

    @router.delete("/batches/{id}", **answers(BatchView))
    async def stop_batch(request: Request, id: Id, by: By) -> Response:
        """Stop all executions of a batch that have not ended."""
        return _json(batch_view(await use_of(request).batches.stop(id, by)))

    @router.get("/batches/{id}/results", **streams(_MEDIA_TYPE, BatchResult))
    async def get_batch_results(
        request: Request,
        id: Id,
        cursor: Annotated[str | None, Query(max_length=100, description="Go on behind the line that had it.")] = None,
        follow: Annotated[bool, Query(description="Go on until all have ended.")] = False,
    ) -> StreamingResponse:
        """What has ended, a line each, in the order of the ends. Nothing is missed, whoever goes on with a `cursor`."""
        results = await use_of(request).batches.results(id, _place(cursor), follow=follow)
        return StreamingResponse(_results(results, view), media_type=_MEDIA_TYPE)

    return router


def _place(cursor: str | None) -> Place | None:
    try:
        return None if cursor is None else place_of(cursor)
    except ValueError as error:
        detail = "The cursor is not one of ours: give the one of the line before."
        raise InvalidDocument(detail, (Violation("", "Bad cursor."),)) from error


async def _results(results: AsyncIterator[Found], view: View) -> AsyncIterator[bytes]:
    async for found in results:
        execution = view(found.execution, found.output)
        yield _encoder.encode(BatchResult(cursor=cursor_of(Place.behind(found.execution)), execution=execution)) + b"\n"


def _json(document: msgspec.Struct) -> Response:
    return Response(_encoder.encode(document), media_type="application/json")


@dataclass(frozen=True)
class _Awaited:
    """Executions whose ends are part of the answer."""

    executions: Watching
    view: View
    lines: dict[int, int]
    """Numbers of the lines by execution."""
    ends: Ends
    seconds: float

    async def come(self) -> AsyncIterator[list[BatchLine]]:
        """Lines as the executions end, some at a time."""
        async for ended in self.ends.come(self.seconds):
            yield [await self._line(found) for found in ended]

    async def _line(self, found: Found) -> BatchLine:
        execution = self.view(found.execution, await self.executions.inline_output(found))
        return BatchLine(line=self.lines[found.execution.id], execution=execution)


async def _answer(known: list[BatchLine], awaited: _Awaited, stack: ExitStack) -> AsyncIterator[bytes]:
    with stack:
        for at in range(0, len(known), _GROUP):
            yield _encoder.encode_lines(known[at : at + _GROUP])
        async for lines in awaited.come():
            yield _encoder.encode_lines(lines)


def _refusal(request: Request, number: int, error: OaasError | msgspec.DecodeError) -> BatchLine:
    problem: Any = problem_of(request, error).model_dump(mode="json", by_alias=True)
    return BatchLine(line=number, problem=problem)


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
