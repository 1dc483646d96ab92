"""Nodes that are silent, away or back: what that means for the executions they have."""

from __future__ import annotations

import structlog

from oaasplatform.domain.errors import (
    ContractBroken,
    InputRefused,
    NodeRefused,
    NodeUnreachable,
    NotFound,
    OaasError,
    WrongState,
)
from oaasplatform.domain.executions import FailureType
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.executions import Attempt, Placed, Stray
from oaasplatform.master.domain.fleet import Fleet
from oaasplatform.master.protocols.runs import NodeRuns
from oaasplatform.master.services.dispatch import DispatchService
from oaasplatform.master.services.doors import Doors
from oaasplatform.master.services.reports import ReportService
from oaasplatform.services.status_messages import failure

_ASKED = 32
"""Executions of each node that are asked about at a time."""
_STOPPED = 64
"""Attempts that are stopped at a time."""
_LOOK_AGAIN = 1.0
_LOST = "Its node was lost; it goes to another one."
_FORGOTTEN = "Its node has forgotten it; it starts again."

log = structlog.get_logger(__name__)


class ReconciliationService:
    """Asks nodes that have not spoken, gives up those that are away for too long, and stops what nobody wants."""

    def __init__(
        self,
        database: MasterDatabase,
        fleet: Fleet,
        doors: Doors,
        runs: NodeRuns,
        reports: ReportService,
        dispatch: DispatchService,
        *,
        poll_seconds: float,
        loss_seconds: float,
    ) -> None:
        """``loss_seconds``: a node that is away for longer has lost what it had."""
        self._transitions = database.transitions
        self._strays = database.strays
        self._fleet = fleet
        self._doors = doors
        self._runs = runs
        self._reports = reports
        self._dispatch = dispatch
        self._poll_seconds = poll_seconds
        self._loss_seconds = loss_seconds
        self._questions = TaskSet(expected=(OaasError,))

    async def cycle(self) -> float:
        """Everything once; what takes a node's time goes on in the background. Returns when to look again."""
        await self._transitions.mark_unreachable()
        lost = failure(FailureType.INFRASTRUCTURE_LOST, "Its node was lost, and no attempt is left.")
        for execution in await self._transitions.give_up(self._loss_seconds, lost, _LOST):
            log.warning("given up with its node", execution=execution.id, attempt=execution.attempt)
        for placed in await self._transitions.silent(self._poll_seconds, _ASKED):
            attempt = placed.execution.current
            assert attempt is not None
            if placed.execution.remote_id is None:
                self._dispatch.give_again(placed)
            else:
                self._questions.start(attempt, self._ask(placed, attempt, placed.execution.remote_id))
        for stray in await self._strays.to_stop(_STOPPED):
            self._questions.start(("stray", stray.id), self._stop(stray))
        return _LOOK_AGAIN

    async def close(self) -> None:
        """Break off what is under way."""
        await self._questions.close()

    async def _ask(self, placed: Placed, attempt: Attempt, remote_id: int) -> None:
        try:
            report = await self._runs.get(await self._doors.of(attempt.node_id), remote_id)
        except NotFound:
            lost = failure(FailureType.INFRASTRUCTURE_LOST, "Its node has forgotten it, and no attempt is left.")
            if await self._transitions.lose(attempt, lost, _FORGOTTEN):
                self._fleet.ended(attempt.node_id, placed.execution.wish.algorithm.repository)
            return
        except (NodeUnreachable, NodeRefused) as error:
            log.info("a node can't be asked", execution=attempt.execution_id, reason=error.detail)
            return
        if report.sequence > placed.execution.sequence or report.state.terminal:
            await self._reports.take(attempt, report)

    async def _stop(self, stray: Stray) -> None:
        attempt = Attempt(stray.execution_id, stray.attempt, stray.node_id)
        try:
            door = await self._doors.of(stray.node_id)
            remote_id = stray.remote_id
            if remote_id is None:
                placed = await self._strays.again(stray.id)
                if placed is None:
                    await self._strays.settled(stray.id)
                    return
                # From here on the node knows it, however late the first request for it arrives.
                remote_id = (await self._runs.submit(door, await self._dispatch.run_of(placed, attempt))).remote_id
            try:
                report = await self._runs.stop(door, remote_id)
            except WrongState:
                report = await self._runs.get(door, remote_id)  # it has ended
        except (NotFound, InputRefused):
            await self._strays.settled(stray.id)
        except (NodeUnreachable, NodeRefused, ContractBroken) as error:
            log.info("an attempt is not stopped yet", execution=stray.execution_id, reason=error.detail)
            await self._strays.postpone(stray.id)
        else:
            await self._strays.note(attempt, report.state)
