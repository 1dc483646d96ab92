"""Requests to run an algorithm somewhere, before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import msgspec

from oaasplatform.domain.documents import LargeDocument
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import FederatedSubmission
from oaasplatform.master.domain.placement import AlgorithmKey, Wish
from oaasplatform.master.schemas.executions import FederatedExecutionCreate
from oaasplatform.master.services.catalogue import AlgorithmCache
from oaasplatform.services.documents import SchemaValidators
from oaasplatform.services.receiving import received
from oaasplatform.services.scheduling import Scheduler
from oaasplatform.services.webhooks import check_callback
from oaasplatform.webhooks.guard import Guard

Request = tuple[FederatedExecutionCreate, LargeDocument | None]
"""A request, and its input if that is large; in the request is ``null`` then."""


class SubmissionService:
    """Reads and checks requests."""

    def __init__(
        self, database: MasterDatabase, algorithms: AlgorithmCache, guard: Guard, *, max_attempts: int
    ) -> None:
        self._documents = database.documents
        self._algorithms = algorithms
        self._validators = SchemaValidators()
        self._scheduler = Scheduler()
        self._guard = guard
        self._max_attempts = max_attempts

    def received(
        self, body: AsyncIterator[bytes], parse: Callable[[bytes], FederatedExecutionCreate]
    ) -> AbstractAsyncContextManager[Request]:
        """See :func:`oaasplatform.services.receiving.received`."""
        return received(self._documents, body, parse)

    async def check(
        self,
        request: FederatedExecutionCreate,
        idempotency_key: str | None,
        document: LargeDocument | None = None,
    ) -> FederatedSubmission:
        """A request as it is to be stored. ``document`` is a large input in the place of the one of the request: the
        node that gets it checks it.

        Raises:
            NotFound: no node has such an algorithm.
            InvalidDocument: the input does not fit its schema, or nothing may be sent to the callback URL.
        """
        algorithm = await self._algorithms.get(request.algorithm_id)
        if request.callback_url is not None:
            check_callback(self._guard, request.callback_url)
        if document is None:
            key = (algorithm.id, algorithm.modified_at)
            self._validators.check_input(key, algorithm.input_schema, request.input)
        return FederatedSubmission(
            algorithm_id=algorithm.id,
            wish=Wish(
                AlgorithmKey(algorithm.repository_name, algorithm.name, algorithm.version),
                affinity=frozenset(request.affinity.items()),
                may_start=request.start_instance,
            ),
            input=bytes(request.input) if document is None else document,
            user_id=request.user_id,
            priority=request.priority,
            rank=self._scheduler.rank(algorithm.id, request.user_id, request.priority),
            max_running_time=request.max_running_time_in_seconds,
            max_attempts=self._max_attempts,
            launch=request.launch,
            callback_url=request.callback_url,
            idempotency_key=idempotency_key,
            request_hash=_request_hash(request, document) if idempotency_key else b"",
        )


def _request_hash(request: FederatedExecutionCreate, document: LargeDocument | None) -> bytes:
    """What tells two requests with the same key apart."""
    encoded = msgspec.json.encode(request)
    return hashlib.sha256(encoded if document is None else encoded + document.sha256).digest()
