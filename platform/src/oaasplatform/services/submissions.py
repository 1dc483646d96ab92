"""Requests to run an algorithm, before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager

import msgspec

from oaasplatform.database.database import Database
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import InvalidDocument, NotFound, Violation
from oaasplatform.domain.executions import Submission
from oaasplatform.domain.instances import Purpose
from oaasplatform.domain.repositories import Algorithm
from oaasplatform.domain.webhooks import path_at_master
from oaasplatform.protocols.base import RepositoryProtocol, StreamingProtocol
from oaasplatform.schemas.executions import ExecutionCreate
from oaasplatform.services.documents import SchemaValidators
from oaasplatform.services.receiving import received
from oaasplatform.services.repositories import AlgorithmCache
from oaasplatform.services.scheduling import Scheduler
from oaasplatform.services.webhooks import check_callback
from oaasplatform.webhooks.guard import Guard

Request = tuple[ExecutionCreate, LargeDocument | None]
"""A request, and its input if that is large; in the request is ``null`` then."""


class SubmissionService:
    """Reads and checks requests."""

    def __init__(
        self,
        database: Database,
        protocols: Mapping[str, RepositoryProtocol],
        algorithms: AlgorithmCache,
        *,
        max_attempts: int,
        guard: Guard,
    ) -> None:
        self._database = database
        self._documents = database.documents
        self._protocols = protocols
        self._algorithms = algorithms
        self._validators = SchemaValidators()
        self._scheduler = Scheduler()
        self._max_attempts = max_attempts
        self._guard = guard

    def received(
        self, body: AsyncIterator[bytes], parse: Callable[[bytes], ExecutionCreate]
    ) -> AbstractAsyncContextManager[Request]:
        """See :func:`oaasplatform.services.receiving.received`."""
        return received(self._documents, body, parse)

    async def check(
        self,
        request: ExecutionCreate,
        idempotency_key: str | None,
        document: LargeDocument | None = None,
        *,
        stored: bool = True,
        by_master: bool = False,
    ) -> Submission:
        """A request as it is to be stored. ``stored=False`` only asks: it moves nobody's place in the queue.

        ``by_master``: the node's master asks, and may be called back.

        ``document`` is a large input in the place of the one of the request. It is checked here only if no instance
        will do it.

        Raises:
            NotFound: no such algorithm.
            InvalidDocument: the input does not fit its schema, the instance isn't one of the repository, or nothing
                may be sent to the callback URL.
        """
        algorithm = await self._algorithms.get(request.algorithm_id)
        if document is None:
            self._check_input(algorithm, request.input)
        elif not await self._checks_inputs(algorithm.repository_id):
            self._check_input(algorithm, await (await self._documents.read(document.id)).whole())
        if request.algorithm_repository_instance_id is not None:
            await self._check_instance(request.algorithm_repository_instance_id, algorithm.repository_id)
        if request.callback_url is not None and not (by_master and path_at_master(request.callback_url)):
            check_callback(self._guard, request.callback_url)
        place = self._scheduler.rank if stored else self._scheduler.preview
        return Submission(
            algorithm=algorithm,
            input=bytes(request.input) if document is None else document,
            instance_id=request.algorithm_repository_instance_id,
            user_id=request.user_id,
            callback_url=request.callback_url,
            priority=request.priority,
            rank=place(algorithm.repository_id, request.user_id, request.priority),
            max_running_time=request.max_running_time_in_seconds,
            max_attempts=self._max_attempts,
            launch=request.launch,
            idempotency_key=idempotency_key,
            request_hash=_request_hash(request, document) if idempotency_key else b"",
        )

    def _check_input(self, algorithm: Algorithm, input: bytes | msgspec.Raw) -> None:
        self._validators.check_input((algorithm.id, algorithm.modified_at), algorithm.input_schema, input)

    async def _checks_inputs(self, repository_id: int) -> bool:
        """Whether the instances of a repository check the inputs of their runs."""
        repository = await self._database.repositories.get(repository_id)
        return isinstance(self._protocols.get(repository.dialect or ""), StreamingProtocol)

    async def _check_instance(self, instance_id: int, repository_id: int) -> None:
        """Whether an execution may name its instance. That is for operators: who else asks has to be refused here."""
        pointer = "/algorithmRepositoryInstanceId"
        try:
            instance = await self._database.instances.get(instance_id, purpose=Purpose.SERVICE)
        except NotFound as error:
            raise InvalidDocument(error.detail, (Violation(pointer, error.detail),)) from error
        if instance.repository_id != repository_id:
            detail = f"Instance {instance.name!r} is one of another repository, {instance.repository_name!r}."
            raise InvalidDocument(detail, (Violation(pointer, detail),))


def _request_hash(request: ExecutionCreate, document: LargeDocument | None) -> bytes:
    """What tells two requests with the same key apart."""
    encoded = msgspec.json.encode(request)
    return hashlib.sha256(encoded if document is None else encoded + document.sha256).digest()
