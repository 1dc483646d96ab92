"""Executions: what people can do with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager

import msgspec

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import execution_topic
from oaasplatform.domain.cancellations import Canceller, cancelled
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import (
    EngineUnavailable,
    InstanceUnreachable,
    NotFound,
    RunUnknown,
    WrongState,
)
from oaasplatform.domain.executions import (
    Attempt,
    Execution,
    ExecutionFilter,
    ExecutionState,
    Forecast,
    Found,
)
from oaasplatform.domain.paging import Paging
from oaasplatform.kit.waiting import wait_for
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.schemas.executions import ExecutionCreate
from oaasplatform.services.submissions import Request, SubmissionService
from oaasplatform.services.waiting import wait_until
from oaasplatform.services.watchers import Watching

_PURGE_SECONDS = 10.0
"""How long a purge waits for the instance to hand over the log and forget the run."""
_LOG_PATIENCE = 10
"""So often, at most, it is looked whether the log of a run that has just ended is stored."""
_LOG_SECONDS = 0.5
"""How often a log that somebody follows is asked for."""


class ExecutionService(Watching):
    """Submitting, watching, stopping and reading executions."""

    def __init__(
        self,
        database: Database,
        protocols: Mapping[str, RepositoryProtocol],
        submissions: SubmissionService,
        *,
        user_limit: int | None,
    ) -> None:
        """``user_limit``: executions of a user that run at the same time, at most."""
        super().__init__(database.executions, database.documents, database.changes)
        self._user_limit = user_limit
        self._database = database
        self._queries = database.executions
        self._protocols = protocols
        self._submissions = submissions

    def received(
        self, body: AsyncIterator[bytes], parse: Callable[[bytes], ExecutionCreate]
    ) -> AbstractAsyncContextManager[Request]:
        """See :meth:`SubmissionService.received`."""
        return self._submissions.received(body, parse)

    async def submit(
        self,
        request: ExecutionCreate,
        idempotency_key: str | None,
        document: LargeDocument | None = None,
        *,
        by_master: bool = False,
    ) -> Execution:
        """Check the input and store the execution, queued unless ``launch`` is false.

        ``document`` is a large input in the place of the one of the request. ``by_master``: the node's master asks.

        Raises:
            NotFound: no such algorithm.
            InvalidDocument: the input does not fit its schema, or the instance isn't one of the repository.
            IdempotencyMismatch
        """
        checked = await self._submissions.check(request, idempotency_key, document, by_master=by_master)
        return await self._queries.submit(checked)

    async def launch(self, id_: int) -> Execution:
        """Queue an execution that was created with ``launch: false``. Raises ``NotFound``, ``WrongState``."""
        launched = await self._queries.launch(id_)
        if launched is None:
            execution = await self._queries.get(id_)
            raise WrongState(f"Execution {id_} is {execution.state}; only a created one can be launched.")
        return launched

    async def get(self, id_: int, wait: float = 0) -> Found:
        """An execution, with its output if that is at hand; waits up to ``wait`` seconds for its end.

        Raises:
            NotFound
        """
        return await self.explained(await self.wait(await self._queries.get(id_), wait))

    async def explained(self, found: Found) -> Found:
        """The same with what it has to expect, if it is queued."""
        if found.execution.state is not ExecutionState.QUEUED:
            return found
        forecast = await self._database.forecasts.of(found.execution.id, user_limit=self._user_limit)
        return Found(execution=found.execution, forecast=forecast)

    async def dry_run(self, request: ExecutionCreate, document: LargeDocument | None = None) -> Forecast:
        """What a submission would have to expect. Raises as :meth:`submit`; nothing is stored."""
        submission = await self._submissions.check(request, None, document, stored=False)
        algorithm = submission.algorithm
        return await self._database.forecasts.at(
            algorithm.repository_id,
            submission.instance_id,
            algorithm.id,
            user_id=submission.user_id,
            user_limit=self._user_limit,
            rank=submission.rank,
        )

    async def rerun(self, id_: int, *, exact: bool, callback_url: str | None = None) -> Execution:
        """Submit an execution again, with the same input and conditions, but a callback only if one is given.

        Raises:
            NotFound: it, or its algorithm, is gone.
            WrongState: ``exact``, and the repository runs another image by now.
            InvalidDocument: its input does not fit the schema any more, or nothing may be sent to the callback URL.
        """
        before = await self._queries.get(id_)
        repository = await self._database.repositories.get(before.algorithm_repository_id)
        if exact and before.digest is not None and before.digest != repository.digest:
            raise WrongState(
                f"Execution {id_} ran {before.digest}, and the repository has {repository.digest} by now. "
                "Say exact=false to run it there."
            )
        input_ = await self._queries.input(id_)
        if input_ is None:
            raise NotFound("algorithm execution", id_)
        large = None if isinstance(input_, bytes) else await self._documents.copy(input_, before.input_hash or b"")
        request = ExecutionCreate(
            algorithm_id=before.algorithm_id,
            input=msgspec.Raw(input_ if isinstance(input_, bytes) else b"null"),
            algorithm_repository_instance_id=before.requested_instance_id,
            max_running_time_in_seconds=before.max_running_time,
            priority=before.priority,
            user_id=before.user_id,
            callback_url=callback_url,
        )
        try:
            return await self.submit(request, None, large)
        finally:
            if large is not None:
                await self._documents.discard(large)

    async def page(self, wanted: ExecutionFilter, paging: Paging) -> tuple[list[Execution], int | None]:
        """Newest first, with the cursor of the next page."""
        return await self._queries.page(wanted, paging)

    async def interrupt(self, id_: int) -> Execution:
        """Ask a running execution for the best solution found so far.

        Raises:
            NotFound, WrongState, InstanceUnreachable
            NotSupported: the dialect of the repository has no such thing.
        """
        assignment = await self._database.transitions.assignment(id_)
        if assignment is None:
            execution = await self._queries.get(id_)
            raise WrongState(f"Execution {id_} is {execution.state}; only a running one can be interrupted.")
        try:
            await self._protocols[assignment.protocol].interrupt(assignment.target, assignment.run)
        except RunUnknown as error:
            raise WrongState(f"Execution {id_} is just starting or ending; try again.") from error
        return await self._queries.get(id_)

    async def cancel(self, id_: int, by: Canceller) -> Execution:
        """Stop an execution now. Repeating it is fine. Raises ``NotFound``; ``WrongState`` when it ended otherwise."""
        stopped = await self._database.transitions.cancel(id_, cancelled(by))
        if stopped is not None:
            return stopped
        execution = await self._queries.get(id_)
        if execution.state is not ExecutionState.CANCELLED:
            raise WrongState(f"Execution {id_} has {execution.state} already.")
        return execution

    async def purge(self, id_: int, by: Canceller) -> None:
        """Stop an execution if need be, and forget it with everything it left. Raises ``NotFound``, ``WrongState``."""
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
            raise WrongState(f"Execution {id_} is still being stopped on its instance; try again in a moment.")

    async def log(self, id_: int, *, follow: bool) -> AsyncIterator[bytes]:
        """What the run wrote so far, or, with ``follow``, until it ends. Raises ``NotFound``."""
        await self._queries.get(id_)
        return self._log(id_, follow=follow)

    async def _log(self, id_: int, *, follow: bool) -> AsyncIterator[bytes]:
        offset = 0
        run_id = ""
        patience = _LOG_PATIENCE
        with self._database.listener.subscribe(execution_topic(id_)) as changed:
            while True:
                execution = await self._queries.get(id_)
                stored = await self._queries.log(id_)
                if stored is not None:
                    yield stored[offset:] if execution.run_id == run_id or not run_id else stored
                    return
                assignment = await self._database.transitions.assignment(id_, or_releasing=True)
                if assignment is not None and execution.state.terminal and patience:
                    # Just ended: its log is being handed over, and the instance may have forgotten it already.
                    patience -= 1
                    await wait_for(changed, _LOG_SECONDS)
                    continue
                if assignment is not None:
                    if assignment.execution.run_id != run_id:
                        run_id, offset = assignment.execution.run_id, 0
                    try:
                        protocol = self._protocols[assignment.protocol]
                        chunk = await protocol.logs(assignment.target, assignment.run, offset)
                        offset += len(chunk)
                        if chunk:
                            yield chunk
                    except (RunUnknown, InstanceUnreachable, EngineUnavailable):
                        # Lost with its instance, perhaps, and repeated.
                        assignment = None
                if not follow or (execution.state.terminal and assignment is None):
                    return
                await wait_for(changed, _LOG_SECONDS)

    async def attempts(self, id_: int) -> list[Attempt]:
        """Its starts, oldest first, and how each of them ended. Raises ``NotFound``."""
        return await self._queries.attempts(await self._queries.get(id_))
