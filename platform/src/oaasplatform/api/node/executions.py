"""``/algorithmExecutions``. The hot path: msgspec and plain responses, no per-field validation layers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from oaasplatform.api import parameters
from oaasplatform.api.dependencies import Id, Services, Use, services_of
from oaasplatform.api.events import event_stream
from oaasplatform.api.openapi import BODY, answers
from oaasplatform.api.parameters import By, Wait, next_cursor, wait_of_request
from oaasplatform.api.streams import announces_little, document_response, text_stream
from oaasplatform.domain.errors import InvalidDocument, Violation
from oaasplatform.domain.executions import ExecutionFilter, ExecutionState, Found
from oaasplatform.domain.webhooks import URL_LENGTH
from oaasplatform.schemas.comparisons import ComparisonView
from oaasplatform.schemas.executions import (
    Attempts,
    ExecutionCreate,
    ExecutionPage,
    ExecutionView,
    ForecastView,
    attempt_view,
    execution_view,
    forecast_view,
)

router = APIRouter(prefix="/algorithmExecutions", tags=["executions"])
_create = msgspec.json.Decoder(ExecutionCreate)
_encoder = msgspec.json.Encoder()
_KEY_LENGTH = 255


@router.get("", **answers(ExecutionPage))
async def list_executions(
    use: Use,
    page: parameters.Page,
    state: Annotated[list[ExecutionState] | None, Query(description="May be given several times.")] = None,
    algorithm_id: Annotated[int | None, Query(alias="algorithmId")] = None,
    instance_id: Annotated[int | None, Query(alias="algorithmRepositoryInstanceId")] = None,
    user_id: Annotated[str | None, Query(alias="userId")] = None,
    batch_id: Annotated[int | None, Query(alias="batchId")] = None,
    created_after: Annotated[datetime | None, Query(alias="createdAfter")] = None,
    created_before: Annotated[datetime | None, Query(alias="createdBefore")] = None,
) -> Response:
    """Executions, newest first, without their outputs."""
    wanted = ExecutionFilter(
        states=state,
        algorithm_id=algorithm_id,
        instance_id=instance_id,
        user_id=user_id,
        batch_id=batch_id,
        created_after=created_after,
        created_before=created_before,
    )
    found, last = await use.executions.page(wanted, page)
    return _json(ExecutionPage(items=[execution_view(item) for item in found], next=next_cursor(last)))


@router.post("", openapi_extra=BODY, **answers(ExecutionView, 202))
async def submit_execution(request: Request) -> Response:
    """Run an algorithm. Answers at once, or with `Prefer: wait=S` when the run has ended (200) or S seconds passed.

    Send an `Idempotency-Key` header to be able to repeat the request without a second run.
    """
    use = services_of(request)
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= _KEY_LENGTH:
        raise InvalidDocument(
            f"An Idempotency-Key has 1 to {_KEY_LENGTH} characters.", (Violation("", "Bad Idempotency-Key."),)
        )
    wait = wait_of_request(request)
    if announces_little(request):
        execution = await use.executions.submit(_create.decode(await request.body()), key)
    else:
        async with use.executions.received(request.stream(), _create.decode) as (create, document):
            execution = await use.executions.submit(create, key, document)
    found = Found(execution=execution)
    if execution.state is not ExecutionState.CREATED:
        found = await use.executions.explained(await use.executions.wait(execution, wait or 0))
    return await _shown(use, found, waited=bool(wait))


@router.post("/dryRun", openapi_extra=BODY, **answers(ForecastView))
async def dry_run(request: Request) -> Response:
    """Would this be accepted, and when would it start? Answers like a submission, and stores nothing."""
    use = services_of(request)
    async with use.executions.received(request.stream(), _create.decode) as (create, document):
        return _json(forecast_view(await use.executions.dry_run(create, document)))


@router.get("/{id}", **answers(ExecutionView))
async def get_execution(use: Use, id: Id, wait: Wait) -> Response:
    """One execution; with `Prefer: wait=S` once it has ended. A small output is part of it."""
    return await _shown(use, await use.executions.get(id, wait), status=200, waited=bool(wait))


@router.post("/{id}", **answers(ExecutionView, 202))
async def launch_execution(use: Use, id: Id, wait: Wait) -> Response:
    """Launch an execution that was created with `launch: false`."""
    found = await use.executions.wait(await use.executions.launch(id), wait or 0)
    return await _shown(use, found, waited=bool(wait))


@router.post("/{id}/rerun", **answers(ExecutionView, 202))
async def rerun_execution(
    use: Use,
    id: Id,
    wait: Wait,
    exact: Annotated[bool, Query(description="Refuse it if the repository runs another image by now.")] = True,
    callback_url: Annotated[
        str | None, Query(alias="callbackUrl", max_length=URL_LENGTH, description="That of the former one is not kept.")
    ] = None,
) -> Response:
    """Submit it again: the same input, time limit, priority, user."""
    rerun = await use.executions.rerun(id, exact=exact, callback_url=callback_url)
    found = await use.executions.wait(rerun, wait)
    return await _shown(use, await use.executions.explained(found), waited=bool(wait))


@router.post("/{id}/interrupt", **answers(ExecutionView, 202))
async def interrupt_execution(use: Use, id: Id) -> Response:
    """Ask a running execution for the best solution found so far: it ends soon, with success."""
    return await _shown(use, Found(execution=await use.executions.interrupt(id)))


@router.delete("/{id}", **answers(ExecutionView))
async def stop_execution(
    use: Use,
    id: Id,
    by: By,
    purge: Annotated[bool, Query(description="Forget it too, with all its documents.")] = False,
) -> Response:
    """Stop an execution now. Who stopped it and why is part of its error."""
    if purge:
        await use.executions.purge(id, by)
        return Response(status_code=204)
    return await _shown(use, Found(execution=await use.executions.cancel(id, by)), status=200)


@router.get("/{id}/attempts", **answers(Attempts))
async def get_attempts(use: Use, id: Id) -> Response:
    """How often it was started, where, and how each attempt ended."""
    return _json(Attempts(items=[attempt_view(each) for each in await use.executions.attempts(id)]))


@router.get("/{id}/compare/{other_id}", **answers(ComparisonView))
async def compare_executions(use: Use, id: Id, other_id: Id) -> Response:
    """What tells two executions apart: in what was run, in the inputs, in what came of it."""
    return _json(await use.comparisons.compare(id, other_id))


@router.get("/{id}/input", **answers(Any))
async def get_input(use: Use, id: Id) -> Response:
    """The input as it was submitted."""
    return document_response(await use.executions.input(id))


@router.get("/{id}/output", **answers(Any))
async def get_output(use: Use, id: Id) -> Response:
    """The output as the algorithm gave it. 409 while there is none."""
    return document_response(await use.executions.output(id))


@router.get("/{id}/logs", response_class=StreamingResponse)
async def get_execution_log(
    use: Use, id: Id, follow: Annotated[bool, Query(description="Go on until the run ends.")] = False
) -> StreamingResponse:
    """What the run wrote to stdout and stderr, native solvers included, as text."""
    return await text_stream(await use.executions.log(id, follow=follow))


@router.get("/{id}/events", response_class=StreamingResponse)
async def get_events(use: Use, id: Id, request: Request) -> Response:
    """Every change of the execution as server-sent events named `status`, until it has ended.

    The data of an event is the execution as `GET /{id}` shows it. A reconnection with `Last-Event-ID` misses nothing.
    """
    header = request.headers.get("last-event-id", "")
    after = int(header) if header.isascii() and header.isdigit() and len(header) < 19 else 0
    watch = use.executions.watch(id)
    execution = await watch.begin()
    if after and execution.state.terminal and after >= execution.event_id:
        watch.close()
        # Tells an EventSource to stop reconnecting.
        return Response(status_code=204)
    return event_stream(_changes(use, watch.changes(execution, after)))


async def _changes(use: Services, changes: AsyncIterator[Found | None]) -> AsyncIterator[tuple[int, bytes] | None]:
    async for found in changes:
        if found is None:
            yield None
        else:
            output = await use.executions.inline_output(found)
            yield found.execution.event_id, _encoder.encode(execution_view(found.execution, output))


async def _shown(use: Services, found: Found, *, status: int | None = None, waited: bool = False) -> Response:
    execution = found.execution
    output = await use.executions.inline_output(found)
    if status is None:
        status = 200 if execution.state.terminal else 202
        if execution.state is ExecutionState.CREATED:
            status = 201
    headers = {"Location": f"{router.prefix}/{execution.id}"}
    if waited:
        headers["Preference-Applied"] = "wait"
    return _json(execution_view(execution, output, found.forecast), status, headers)


def _json(document: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(_encoder.encode(document), status, headers, "application/json")
