"""The HTTP API of an instance."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oaas_sdk.contract import LOG_SIZE_HEADER, AlgorithmDescriptor, Health
from oaas_sdk.server.batch import Batch
from oaas_sdk.server.pool import Pool
from oaas_sdk.server.problems import ProblemError, on_exception, on_http_exception, on_problem
from oaas_sdk.server.refusals import id_taken, invalid_input, no_free_slot, unknown_algorithm
from oaas_sdk.server.requests import (
    is_disconnected,
    is_large,
    parse_batch,
    parse_launch,
    preference_applied,
    preferred_wait,
    read_body,
    require_ndjson,
)
from oaas_sdk.server.run import Run
from oaas_sdk.server.runs import ExecutionIdTaken, NoFreeSlot, Runs
from oaas_sdk.server.settings import Settings
from oaas_sdk.server.streaming import BatchResponse

_encoder = msgspec.json.Encoder()


class Api:
    """The routes; what they do is done by the pool and the runs.

    Args:
        pool: says whether the instance is ready and what it serves.
        runs: executes runs.
        settings: limits.
    """

    def __init__(self, pool: Pool, runs: Runs, settings: Settings) -> None:
        self._pool = pool
        self._runs = runs
        self._settings = settings

    def app(self) -> Starlette:
        """The ASGI application."""
        batches = [Route("/executions", self.launch_batch, methods=["POST"])] if self._settings.launch_batch > 1 else []
        return Starlette(
            routes=[
                Route("/executions/{algorithm_id:int}", self.launch, methods=["POST"]),  # first, because most calls are
                *batches,
                Route("/health", self.health),
                Route("/algorithms", self.algorithms),
                Route("/algorithms/{algorithm_id:int}", self.algorithm),
                Route("/executions/{execution_id}", self.status),
                Route("/executions/{execution_id}", self.stop, methods=["DELETE"]),
                Route("/executions/{execution_id}/interrupt", self.interrupt, methods=["POST"]),
                Route("/executions/{execution_id}/logs", self.logs),
            ],
            exception_handlers={
                ProblemError: on_problem,
                HTTPException: on_http_exception,
                Exception: on_exception,
            },
        )

    async def health(self, request: Request) -> Response:
        """``GET /health``: whether all workers are warm."""
        self._require_warm()
        pool = self._pool
        return _json(
            Health(
                concurrency=pool.concurrency,
                name=pool.name,
                version=pool.version,
                launch_batch=self._settings.launch_batch,
            )
        )

    async def algorithms(self, request: Request) -> Response:
        """``GET /algorithms``: all descriptors."""
        self._require_warm()
        return _json(list(self._pool.algorithms.values()))

    async def algorithm(self, request: Request) -> Response:
        """``GET /algorithms/{algorithmId}``: one descriptor."""
        return _json(self._find_algorithm(request))

    async def launch(self, request: Request) -> Response:
        """``POST /executions/{algorithmId}``: launch a run."""
        algorithm_id = self._find_algorithm(request).algorithm_id
        if is_large(request) and not self._runs.has_free_slot:
            raise no_free_slot(self._pool.concurrency)  # rather than to read all of it first
        document = parse_launch(await read_body(request, self._settings.max_body_bytes))
        try:
            run = self._runs.launch(algorithm_id, document)
        except NoFreeSlot:
            raise no_free_slot(self._pool.concurrency) from None
        except ExecutionIdTaken:
            raise id_taken(document.execution_id) from None
        delivered = False
        try:
            wait = preferred_wait(request)
            await _wait_for(run, wait)
            message = run.message()
            delivered = message.final and not is_disconnected(request)
        finally:
            self._runs.answered(run, delivered=delivered)
        return _json(message, HTTPStatus.OK if message.final else HTTPStatus.ACCEPTED, preference_applied(wait))

    async def launch_batch(self, request: Request) -> Response:
        """``POST /executions``: launch many runs."""
        self._require_warm()
        require_ndjson(request)
        body = await read_body(request, self._settings.max_body_bytes)
        launches = tuple(parse_batch(body, self._settings.launch_batch))
        wait = preferred_wait(request)
        return BatchResponse(Batch(launches, self._runs, self._pool, wait or 0.0), preference_applied(wait))

    async def status(self, request: Request) -> Response:
        """``GET /executions/{executionId}``: the newest status message."""
        run = self._find_run(request)
        run.sample_cpu()
        return _json(run.message())

    async def interrupt(self, request: Request) -> Response:
        """``POST /executions/{executionId}/interrupt``: ask for the best solution found so far."""
        run = self._find_run(request)
        self._runs.interrupt(run)
        return _json(run.message(), HTTPStatus.ACCEPTED)

    async def stop(self, request: Request) -> Response:
        """``DELETE /executions/{executionId}``: stop the run now, and forget it if ``deleteStatusInfo`` says so."""
        run = self._find_run(request)
        await self._runs.stop(run)
        if request.query_params.get("deleteStatusInfo", "false").lower() in ("true", "1"):
            self._runs.forget(run)
        return _json(run.message())

    async def logs(self, request: Request) -> Response:
        """``GET /executions/{executionId}/logs?offset=N``: what the run wrote from byte N on."""
        run = self._find_run(request)
        text = request.query_params.get("offset", "0")
        if not text.isdecimal():
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalidRequest", "offset is a number of bytes")
        headers = {LOG_SIZE_HEADER: str(run.logs.total)}
        return Response(run.logs.read(int(text)), headers=headers, media_type="text/plain; charset=utf-8")

    def _require_warm(self) -> None:
        if not self._pool.warm:
            detail = "the workers are still importing the module"
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "notReady", detail, headers={"Retry-After": "1"})

    def _find_algorithm(self, request: Request) -> AlgorithmDescriptor:
        self._require_warm()
        algorithm_id = request.path_params["algorithm_id"]
        descriptor = self._pool.algorithms.get(algorithm_id)
        if descriptor is None:
            raise unknown_algorithm(algorithm_id)
        return descriptor

    def _find_run(self, request: Request) -> Run:
        execution_id = request.path_params["execution_id"]
        run = self._runs.get(execution_id)
        if run is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, "unknownExecution", f"there is no execution {execution_id}")
        return run


async def _wait_for(run: Run, seconds: float | None) -> None:
    """Wait until the input has been checked, and then for the end of the run, if it ends in time.

    Raises:
        ProblemError: the input does not fit.
    """
    if seconds:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await run.finished.wait()
    await run.accepted.wait()
    if run.rejection is not None:
        raise invalid_input(run.rejection)


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    return Response(_encoder.encode(content), int(status), headers, "application/json")
