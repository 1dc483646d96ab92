"""Executions of the master: what people can do with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import msgspec

from oaasplatform.database.notifications import execution_topic
from oaasplatform.domain.cancellations import Canceller, cancelled
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import NotFound, WrongState
from oaasplatform.domain.executions import ExecutionState
from oaasplatform.domain.paging import Paging
from oaasplatform.kit.waiting import wait_for
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import FederatedExecution, FederatedFilter, LateResult
from oaasplatform.master.domain.fleet import Fleet
from oaasplatform.master.protocols.runs import NodeRuns
from oaasplatform.master.schemas.executions import FederatedExecutionCreate
from oaasplatform.master.services.doors import Doors
from oaasplatform.master.services.reports import ReportService
from oaasplatform.master.services.submissions import Request, SubmissionService
from oaasplatform.services.waiting import wait_until
from oaasplatform.services.watchers import Watching

_PURGE_SECONDS = 10.0
"""How long a purge waits for the node to stop the execution."""
_LOOK_AGAIN = 5.0


class ExecutionService(Watching):
    """Submitting, watching, stopping and reading executions."""

    def __init__(
        self,
        database: MasterDatabase,
        fleet: Fleet,
        doors: Doors,
        runs: NodeRuns,
        reports: ReportService,
        submissions: SubmissionService,
    ) -> None:
        super().__init__(database.executions, database.documents, database.changes)
        self._database = database
        self._queries = database.executions
        self._transitions = database.transitions
        self._fleet = fleet
        self._doors = doors
        self._runs = runs
        self._node_reports = reports
        self._submissions = submissions

    def received(
        self, body: AsyncIterator[bytes], parse: Callable[[bytes], FederatedExecutionCreate]
    ) -> AbstractAsyncContextManager[Request]:
        """See :meth:`SubmissionService.received`."""
        return self._submissions.received(body, parse)

    async def submit(
        self, request: FederatedExecutionCreate, idempotency_key: str | None, document: LargeDocument | None = None
    ) -> FederatedExecution:
        """Check the input and store the execution, queued unless ``launch`` is false.

        ``document`` is a large input in the place of the one of the request.

        Raises:
            NotFound: no node has such an algorithm.
            InvalidDocument: the input does not fit its schema.
            IdempotencyMismatch
        """
        return await self._queries.submit(await self._submissions.check(request, idempotency_key, document))

    async def launch(self, id_: int) -> FederatedExecution:
        """Queue an execution that was created with ``launch: false``. Raises ``NotFound``, ``WrongState``."""
        launched = await self._queries.launch(id_)
        if launched is None:
            execution = await self._queries.get(id_)
            raise WrongState(f"Execution {id_} is {execution.state}; only a created one can be launched.")
        return launched

    async def get(self, id_: int) -> FederatedExecution:
        """Raises ``NotFound``."""
        return await self._queries.get(id_)

    def reason(self, execution: FederatedExecution) -> str | None:
        """What it waits for at the master."""
        if execution.state is not ExecutionState.QUEUED or execution.node_id is not None:
            return None
        return self._fleet.explain(execution.wish)

    async def late_results(self, id_: int) -> list[LateResult]:
        """How attempts ended that had been given up."""
        return await self._database.strays.late_results(id_)

    async def rerun(self, id_: int) -> FederatedExecution:
        """Submit an execution again, with the same input and conditions.

        Raises:
            NotFound: it is gone, or no node has its algorithm any more.
            InvalidDocument: its input does not fit the schema any more.
        """
        before = await self._queries.get(id_)
        input_ = await self._queries.input(id_)
        if input_ is None:
            raise NotFound("algorithm execution", id_)
        large = None if isinstance(input_, bytes) else await self._documents.copy(input_, before.input_hash or b"")
        request = FederatedExecutionCreate(
            algorithm_id=before.algorithm_id,
            input=msgspec.Raw(input_ if isinstance(input_, bytes) else b"null"),
            affinity=dict(before.wish.affinity),
            start_instance=before.wish.may_start,
            max_running_time_in_seconds=before.max_running_time,
            priority=before.priority,
            user_id=before.user_id,
        )
        try:
            return await self.submit(request, None, large)
        finally:
            if large is not None:
                await self._documents.discard(large)

    async def page(self, wanted: FederatedFilter, paging: Paging) -> tuple[list[FederatedExecution], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def interrupt(self, id_: int) -> FederatedExecution:
        """Ask a running execution for the best solution found so far.

        Raises:
            NotFound, NodeUnreachable
            WrongState: it does not run, or its node says that it can't.
        """
        execution = await self._queries.get(id_)
        attempt = execution.current
        if execution.state.terminal or attempt is None or execution.remote_id is None:
            raise WrongState(f"Execution {id_} is {execution.state}; only a running one can be interrupted.")
        report = await self._runs.interrupt(await self._doors.of(attempt.node_id), execution.remote_id)
        await self._node_reports.take(attempt, report)
        return await self._queries.get(id_)

    async def cancel(self, id_: int, by: Canceller) -> FederatedExecution:
        """Stop an execution now. Repeating it is fine. Raises ``NotFound``; ``WrongState`` when it ended otherwise."""
        stopped = await self._transitions.cancel(id_, cancelled(by))
        if stopped is not None:
            return stopped
        execution = await self._queries.get(id_)
        if execution.state is not ExecutionState.CANCELLED:
            raise WrongState(f"Execution {id_} has {execution.state} already.")
        return execution

    async def purge(self, id_: int, by: Canceller) -> None:
        """Stop an execution if need be, and forget it with its documents. Raises ``NotFound``, ``WrongState``."""
        execution = await self._queries.get(id_)
        if not execution.state.terminal:
            await self.cancel(id_, by)
        purged = await wait_until(
            self._database.listener,
            execution_topic(id_),
            _PURGE_SECONDS,
            lambda: self._queries.purge(id_),
            lambda purged: purged,
        )
        if not purged:
            raise WrongState(f"Execution {id_} is still being stopped on its node; try again in a moment.")

    async def log(self, id_: int, *, follow: bool) -> AsyncIterator[bytes]:
        """What the run has written so far, from its node, or, with ``follow``, until it ends.

        Raises:
            NotFound, NodeUnreachable
        """
        execution = await self._queries.get(id_)
        if follow:
            execution = await self._placed(execution)
        if execution.node_id is None or execution.remote_id is None:
            return _nothing()
        return self._runs.log(await self._doors.of(execution.node_id), execution.remote_id, follow=follow)

    async def _placed(self, execution: FederatedExecution) -> FederatedExecution:
        """The execution once a node has it, or when it is over."""
        with self._database.listener.subscribe(execution_topic(execution.id)) as changed:
            while not execution.state.terminal and execution.remote_id is None:
                await wait_for(changed, _LOOK_AGAIN)
                execution = await self._queries.get(execution.id)
        return execution


async def _nothing() -> AsyncIterator[bytes]:
    chunks: tuple[bytes, ...] = ()
    for chunk in chunks:
        yield chunk
