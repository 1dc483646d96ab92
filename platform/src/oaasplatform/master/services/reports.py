"""What nodes say of their executions. Callbacks, answers to submissions and to questions all end here."""

from __future__ import annotations

import structlog

from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.errors import NodeUnreachable, NotFound, OaasError, WrongState
from oaasplatform.domain.executions import ExecutionState, Outcome
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import Attempt, Report
from oaasplatform.master.domain.fleet import Fleet
from oaasplatform.master.protocols.runs import NodeRuns
from oaasplatform.master.services.doors import Doors

log = structlog.get_logger(__name__)


class ReportService:
    """Applies reports. Old, repeated and late ones change nothing."""

    def __init__(self, database: MasterDatabase, doors: Doors, runs: NodeRuns, fleet: Fleet) -> None:
        self._transitions = database.transitions
        self._strays = database.strays
        self._documents = database.documents
        self._doors = doors
        self._runs = runs
        self._fleet = fleet
        self._copies = TaskSet(expected=(OaasError,))

    async def take(self, attempt: Attempt, report: Report) -> None:
        """Take note of what the node of an attempt says.

        An output that did not come along is copied in the background: only then has the execution succeeded. Should
        the copy break off, the node will be asked again.
        """
        if not report.state.terminal:
            await self._transitions.reported(attempt, report)
        elif report.state is ExecutionState.SUCCEEDED and report.output is None:
            self._copies.start(attempt, self._copy(attempt, report))
        else:
            await self._end(attempt, Outcome(state=report.state, output=report.output, error=report.error), report)

    async def close(self) -> None:
        """Break off copies under way."""
        await self._copies.close()

    async def _end(self, attempt: Attempt, outcome: Outcome, report: Report) -> None:
        ended = await self._transitions.finish(attempt, outcome, report)
        if ended is not None:
            self._fleet.ended(attempt.node_id, ended.wish.algorithm.repository, report.seconds)
        else:
            await self._strays.note(attempt, report.state)

    async def _copy(self, attempt: Attempt, report: Report) -> None:
        if not await self._transitions.is_open(attempt):
            await self._strays.note(attempt, report.state)
            return
        try:
            door = await self._doors.of(attempt.node_id)
            async with self._documents.begin() as upload, self._runs.output(door, report.remote_id) as chunks:
                async for chunk in chunks:
                    await upload.write(chunk)
                document = await upload.finish()
        except (NodeUnreachable, NotFound, WrongState) as error:
            log.info("an output could not be copied", execution=attempt.execution_id, reason=error.detail)
            return
        try:
            await self._end(attempt, Outcome(state=report.state, output=document), report)
        finally:
            if isinstance(document, LargeDocument):
                await self._documents.discard(document)
