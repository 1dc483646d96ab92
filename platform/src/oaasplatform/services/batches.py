"""Batches: many submissions as one thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Generic, TypeVar

import structlog
from msgspec import structs

from oaasplatform.database.notifications import QUEUE
from oaasplatform.domain.batches import Batch, BatchFilter, Place
from oaasplatform.domain.cancellations import Canceller, cancelled
from oaasplatform.domain.errors import DatabaseUnavailable, OaasError
from oaasplatform.domain.executions import Execution, Found
from oaasplatform.domain.paging import Paging
from oaasplatform.kit.backoff import delays
from oaasplatform.kit.waiting import wait_for
from oaasplatform.schemas.executions import INLINE_OUTPUT_BYTES
from oaasplatform.services.batch_stores import AnyChecked, Checks, Request, Store

_PAGE = 256
"""Executions that are read, or stopped, together."""
_OUTPUT_BYTES = 4 * 2**20
"""Outputs that are read together."""
_LOOK_AGAIN = 2.0
_REST = 0.1
"""Seconds between two looks for results, at least: what ends meanwhile is read together."""
_ABANDONED = timedelta(minutes=10)
"""A request of which nothing came for so long: its sender, or the process that took it, is gone."""

log = structlog.get_logger(__name__)


Create = TypeVar("Create", bound=Request)


class Intake(Generic[Create, AnyChecked]):
    """Takes the executions of one request."""

    def __init__(
        self, database: Store[AnyChecked], submissions: Checks[Create, AnyChecked], user_id: str | None
    ) -> None:
        self.id: int | None = None
        """Of the batch, once something was accepted."""
        self._database = database
        self._submissions = submissions
        self._user_id = user_id

    async def add(self, requests: Sequence[Create]) -> list[Execution | OaasError]:
        """Submit some, in one commit; for each the execution, or why there is none."""
        results: list[Execution | OaasError | None] = []
        accepted: list[AnyChecked] = []
        for request in requests:
            request.user_id = request.user_id or self._user_id
            try:
                accepted.append(await self._submissions.check(request, None))
                results.append(None)
            except OaasError as error:
                results.append(error)
        stored: Sequence[Execution | OaasError] = ()
        try:
            stored = await self._store(accepted) if accepted else ()
        except DatabaseUnavailable as error:
            stored = [error] * len(accepted)
        left = iter(stored)
        return [next(left) if result is None else result for result in results]

    async def _store(self, accepted: Sequence[AnyChecked]) -> Sequence[Execution]:
        if self.id is None:
            # It belongs to the user of the request, or else to the one of what comes first.
            self.id = await self._database.batches.begin(self._user_id or accepted[0].user_id)
        return await self._database.executions.submit_all(
            [structs.replace(each, batch_id=self.id) for each in accepted]
        )


class BatchService(Generic[Create, AnyChecked]):
    """Submitting, watching, stopping and reading batches."""

    def __init__(self, database: Store[AnyChecked], submissions: Checks[Create, AnyChecked]) -> None:
        self._database = database
        self._queries = database.batches
        self._submissions = submissions

    @asynccontextmanager
    async def intake(self, user_id: str | None) -> AsyncIterator[Intake[Create, AnyChecked]]:
        """While it lasts, executions can be added. ``user_id``: of those that name none."""
        intake = Intake(self._database, self._submissions, user_id)
        try:
            yield intake
        finally:
            if intake.id is not None:
                try:
                    await self._complete(intake.id)
                except DatabaseUnavailable as error:
                    log.warning("a batch is completed later", batch=intake.id, reason=error.detail)

    async def _complete(self, id_: int) -> None:
        stopped = await self._queries.complete(id_)
        if stopped is not None:
            # What came after that is not to run either.
            await self._cancel(id_, stopped)

    async def get(self, id_: int) -> Batch:
        """Raises ``NotFound``."""
        return await self._queries.get(id_)

    async def page(self, wanted: BatchFilter, paging: Paging) -> tuple[list[Batch], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def stop(self, id_: int, by: Canceller) -> Batch:
        """Stop all of its executions that have not ended, and those that are still to come. Raises ``NotFound``."""
        batch = await self._queries.get(id_)
        if not batch.ended:
            error = cancelled(by)
            await self._queries.stop(id_, error)
            await self._cancel(id_, error)
        return await self._queries.get(id_)

    async def _cancel(self, id_: int, error: dict[str, Any]) -> None:
        # The last ones first: no slot that is freed by this is taken by another one of the batch.
        for rest in delays(first=0.01, most=0.5):
            ids: list[int] = []
            while found := await self._queries.unfinished(id_, ids[-1] if ids else 0, 10 * _PAGE):
                ids += found
            if not ids:
                return
            for at in range(0, len(ids), _PAGE):
                await self._database.transitions.cancel_all(ids[::-1][at : at + _PAGE], error)
            # Some were being changed by others at that moment.
            await asyncio.sleep(rest)

    async def results(self, id_: int, after: Place | None, *, follow: bool) -> AsyncIterator[Found]:
        """What has ended behind a place, in the order of the ends; with ``follow`` until all have.

        Raises:
            NotFound
        """
        await self._queries.get(id_)
        return self._results(id_, after, follow=follow)

    async def _results(self, id_: int, after: Place | None, *, follow: bool) -> AsyncIterator[Found]:
        with self._database.listener.subscribe(QUEUE) as changed:
            while True:
                over = await self._queries.ended_all(id_)
                before = None if over else await self._queries.horizon()
                while found := await self._queries.ended(id_, after, before=before, limit=_PAGE):
                    after = Place.behind(found[-1])
                    for part in _parts(found):
                        outputs = await self._database.executions.outputs([each.id for each in part if _inline(each)])
                        for each in part:
                            yield Found(execution=each, output=outputs.get(each.id))
                if over or not follow:
                    return
                await wait_for(changed, _LOOK_AGAIN)
                await asyncio.sleep(_REST)

    async def tend(self) -> None:
        """What is to be done from time to time: close what was abandoned, store counts that don't change any more."""
        for id_ in await self._queries.abandoned(_ABANDONED):
            await self._complete(id_)
        await self._queries.settle()


def _inline(execution: Execution) -> bool:
    return execution.output_bytes is not None and execution.output_bytes <= INLINE_OUTPUT_BYTES


def _parts(executions: Sequence[Execution]) -> Iterator[list[Execution]]:
    """Those whose outputs are no more than is read together."""
    part: list[Execution] = []
    size = 0
    for execution in executions:
        more = execution.output_bytes or 0 if _inline(execution) else 0
        if part and size + more > _OUTPUT_BYTES:
            yield part
            part, size = [], 0
        part.append(execution)
        size += more
    if part:
        yield part
