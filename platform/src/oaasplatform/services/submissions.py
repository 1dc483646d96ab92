"""Requests to run an algorithm, before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec

from oaasplatform.database.database import Database
from oaasplatform.domain.documents import LargeDocument, beginning, take, together
from oaasplatform.domain.errors import InvalidDocument, NotFound, Violation
from oaasplatform.domain.executions import Submission
from oaasplatform.domain.instances import Purpose
from oaasplatform.domain.repositories import Algorithm
from oaasplatform.domain.webhooks import callback_host
from oaasplatform.protocols.base import RepositoryProtocol, StreamingProtocol
from oaasplatform.schemas.executions import ExecutionCreate
from oaasplatform.services.documents import SchemaValidators
from oaasplatform.services.repositories import AlgorithmCache
from oaasplatform.services.scheduling import Scheduler
from oaasplatform.webhooks.guard import Guard, TargetRefused

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

    @asynccontextmanager
    async def received(
        self, body: AsyncIterator[bytes], parse: Callable[[bytes], ExecutionCreate]
    ) -> AsyncIterator[Request]:
        """A request as it comes, with its input if that is large: it is stored meanwhile, and gone afterwards unless
        it was submitted.

        Raises:
            InvalidDocument, PayloadTooLarge
        """
        begin, complete = await beginning(body)
        if complete:
            yield parse(begin), None
            return
        async with self._documents.begin() as upload:
            taken = await take(together(begin, body), ("input",), upload)
            request = parse(taken.rest)
            if isinstance(taken.document, bytes):
                request.input = msgspec.Raw(taken.document)
            document = taken.document if isinstance(taken.document, LargeDocument) else None
            yield request, document
            if document is not None:
                await self._documents.discard(document)

    async def check(
        self,
        request: ExecutionCreate,
        idempotency_key: str | None,
        document: LargeDocument | None = None,
        *,
        stored: bool = True,
    ) -> Submission:
        """A request as it is to be stored. ``stored=False`` only asks: it moves nobody's place in the queue.

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
        if request.callback_url is not None:
            self._check_callback(request.callback_url)
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
        try:
            parsed = msgspec.json.decode(input)
        except msgspec.DecodeError as error:
            raise InvalidDocument(f"The input is not JSON: {error}", (Violation("/input", str(error)),)) from error
        try:
            self._validators.check((algorithm.id, algorithm.modified_at), algorithm.input_schema, parsed)
        except InvalidDocument as error:
            moved = tuple(Violation(f"/input{v.pointer}", v.detail) for v in error.violations)
            raise InvalidDocument(error.detail, moved) from error

    def _check_callback(self, url: str) -> None:
        """Whether the URL is one, and its host not an address that is refused. Names are resolved when it is called."""
        try:
            self._guard.check_host(callback_host(url))
        except (ValueError, TargetRefused) as error:
            raise InvalidDocument(f"Bad callback URL: {error}.", (Violation("/callbackUrl", str(error)),)) from error

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
