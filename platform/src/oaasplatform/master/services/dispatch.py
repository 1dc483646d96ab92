"""From the queue to nodes: choose, note, submit."""

from __future__ import annotations

import heapq
from itertools import count

import structlog

from oaasplatform.domain.documents import Document
from oaasplatform.domain.errors import (
    ContractBroken,
    InputRefused,
    NodeNotConnected,
    NodeRefused,
    NodeUnreachable,
    NotFound,
    OaasError,
)
from oaasplatform.domain.executions import ExecutionState, FailureType, Outcome
from oaasplatform.domain.webhooks import callback_to_master
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.doors import Door
from oaasplatform.master.domain.executions import Attempt, Placed, Report
from oaasplatform.master.domain.fleet import Fleet
from oaasplatform.master.domain.placement import Choice, Kind, Wish
from oaasplatform.master.protocols.runs import NodeRuns, Run
from oaasplatform.master.services.doors import Doors
from oaasplatform.master.services.reports import ReportService
from oaasplatform.services.status_messages import failure

_TURN = 16
"""Executions of one queue that are placed before the next queue has its turn."""
_REST = 1.0
"""Seconds that an execution rests when a node did not take it."""
_LOOK_AGAIN = 5.0

log = structlog.get_logger(__name__)


class DispatchService:
    """Gives executions that wait to nodes that have room."""

    def __init__(
        self,
        database: MasterDatabase,
        fleet: Fleet,
        doors: Doors,
        runs: NodeRuns,
        reports: ReportService,
        *,
        master_uid: str,
    ) -> None:
        self._transitions = database.transitions
        self._documents = database.documents
        self._members = database.members
        self._fleet = fleet
        self._doors = doors
        self._runs = runs
        self._reports = reports
        self._master_uid = master_uid
        self._given = TaskSet(expected=(OaasError,))

    async def dispatch(self) -> float:
        """Place what can be placed; submissions go on in the background. Returns when to look again."""
        numbers = count()
        queues = [(rank, next(numbers), wish) for rank, wish in await self._transitions.queues()]
        heapq.heapify(queues)
        while queues:
            _, _, wish = heapq.heappop(queues)
            choices = self._choose(wish)
            placed = await self._transitions.place(wish, [each.node.id for each in choices]) if choices else []
            for choice, (_, each) in zip(choices, placed, strict=False):
                attempt = _attempt(each)
                starts = choice.kind is Kind.START
                self._given.start(attempt, self._give(each, attempt, with_instance=starts, counted=True))
            for choice in choices[len(placed) :]:
                self._fleet.withdrawn(choice.node.id, wish.algorithm.repository)
            if placed and len(placed) == len(choices):
                heapq.heappush(queues, (placed[-1][0], next(numbers), wish))
        rest = await self._transitions.next_rested()
        return _LOOK_AGAIN if rest is None else min(max(rest, 0.01), _LOOK_AGAIN)

    def give_again(self, placed: Placed) -> None:
        """Nobody knows whether the node has got it: ask once more, in the background."""
        attempt = _attempt(placed)
        self._given.start(attempt, self._give(placed, attempt, counted=False))

    async def close(self) -> None:
        """Break off submissions under way; nodes will be asked again."""
        await self._given.close()

    async def run_of(self, placed: Placed, attempt: Attempt) -> Run:
        """What a node is asked to run: the same for the same attempt, whenever it is asked.

        Raises:
            NodeRefused: it does not have the algorithm any more.
        """
        execution = placed.execution
        if placed.remote_algorithm_id is None:
            raise NodeRefused("The node does not have the algorithm any more.")
        document: Document = (
            placed.input if isinstance(placed.input, bytes) else await self._documents.read(placed.input)
        )
        return Run(
            key=f"{self._master_uid}-{attempt.execution_id}-{attempt.number}",
            algorithm_id=placed.remote_algorithm_id,
            input=document,
            callback_url=callback_to_master(
                f"/callback/{attempt.node_id}/{attempt.execution_id}?attempt={attempt.number}"
            ),
            user_id=execution.user_id,
            priority=execution.priority,
            max_running_time=execution.max_running_time,
        )

    def _choose(self, wish: Wish) -> list[Choice]:
        choices: list[Choice] = []
        while len(choices) < _TURN and (choice := self._fleet.place(wish)) is not None:
            choices.append(choice)
        return choices

    async def _give(self, placed: Placed, attempt: Attempt, *, with_instance: bool = False, counted: bool) -> None:
        """``counted``: whether the fleet has it as being on its way."""
        outcome: Report | OaasError
        settle = self._fleet.accepted  # also if nobody knows: the next heartbeat of the node tells
        try:
            outcome = await self._submitted(placed, attempt, with_instance=with_instance)
        except OaasError as error:
            outcome = error
            if isinstance(error, InputRefused):
                settle = self._fleet.withdrawn
            elif not isinstance(error, NodeUnreachable) or isinstance(error, NodeNotConnected):
                settle = self._fleet.refused
        finally:
            if counted:
                settle(attempt.node_id, placed.execution.wish.algorithm.repository)
        await self._settle(attempt, outcome)

    async def _submitted(self, placed: Placed, attempt: Attempt, *, with_instance: bool) -> Report:
        door = await self._doors.of(attempt.node_id)
        if with_instance:
            await self._start_instance(door, placed, attempt)
        return await self._runs.submit(door, await self.run_of(placed, attempt))

    async def _settle(self, attempt: Attempt, outcome: Report | OaasError) -> None:
        """Write down what became of a submission."""
        match outcome:
            case Report():
                await self._reports.take(attempt, outcome)
            case InputRefused():
                details = [{"pointer": v.pointer, "detail": v.detail} for v in outcome.violations]
                await self._fail(attempt, FailureType.INPUT_REFUSED, outcome.detail, details)
            case ContractBroken():
                await self._fail(attempt, FailureType.CONTRACT_BROKEN, outcome.detail, None)
            case NodeNotConnected() | NodeRefused() | NotFound():
                await self._transitions.withdraw(attempt, outcome.detail, rest=_REST)
            case NodeUnreachable():
                # It may have arrived or not: the node is asked again, or given up.
                log.info("submission without an answer", execution=attempt.execution_id, reason=outcome.detail)
            case _:
                raise outcome

    async def _start_instance(self, door: Door, placed: Placed, attempt: Attempt) -> None:
        """Raises ``NodeRefused``: there is no room any more."""
        quota = await self._members.start_quota(attempt.node_id, placed.execution.wish.algorithm.repository)
        if quota is None or placed.remote_repository_id is None:
            raise NodeRefused("The node has no room for an instance any more.")
        await self._runs.start_instance(door, placed.remote_repository_id, quota)
        log.info("started an instance", node=attempt.node_id, repository=placed.execution.wish.algorithm.repository)

    async def _fail(self, attempt: Attempt, type_: FailureType, text: str, details: object) -> None:
        outcome = Outcome(state=ExecutionState.FAILED, error=failure(type_, text, details or None))
        await self._transitions.finish(attempt, outcome)


def _attempt(placed: Placed) -> Attempt:
    attempt = placed.execution.current
    assert attempt is not None
    return attempt
