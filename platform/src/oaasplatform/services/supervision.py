"""Executions that need help: past their time limit, silent, orphaned, or ended with a log still to fetch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

import structlog

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.database import Database
from oaasplatform.database.notifications import RELEASE
from oaasplatform.domain.errors import (
    ContractBroken,
    DatabaseUnavailable,
    EngineUnavailable,
    InstanceBroken,
    InstanceUnreachable,
    NotFound,
    RunUnknown,
)
from oaasplatform.domain.executions import Assignment, ExecutionState, FailureType
from oaasplatform.domain.targets import Target
from oaasplatform.kit.backoff import delays
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.protocols.base import RepositoryProtocol
from oaasplatform.services.status_messages import StatusMessageService, failure

_BATCH = 64
_FOLLOW_FIRST, _FOLLOW_MOST = 0.05, 1.0
"""Seconds between two questions about a run whose instance doesn't call back."""
_REST_SECONDS = 0.5
_CYCLE = 1.0

log = structlog.get_logger(__name__)


class SupervisionService:
    """The safety nets. Each call is one round; rounds may overlap and repeat."""

    def __init__(
        self,
        database: Database,
        protocols: Mapping[str, RepositoryProtocol],
        messages: StatusMessageService,
        *,
        poll_seconds: float,
    ) -> None:
        self._instances = database.instances
        self._transitions = database.transitions
        self._protocols = protocols
        self._messages = messages
        self._poll_seconds = poll_seconds
        self._releases = TaskSet(expected=(DatabaseUnavailable,))
        self._questions = TaskSet(expected=(DatabaseUnavailable,))
        self._followers = TaskSet(expected=(DatabaseUnavailable,))
        self._listener = database.listener
        self._launching: set[str] = set()
        """Runs whose launch is under way: to ask about them, or stop them, would find them unknown as yet."""
        self._postponed: set[str] = set()
        """Those of them that are to be stopped then."""

    async def watch(self) -> float:
        """One round of everything that time brings. Returns the seconds until the next."""
        await self.recover()
        await self.expire()
        await self.poll()
        return _CYCLE

    async def recover(self) -> None:
        """Take executions back from instances that are gone, and fail what nothing can run any more."""
        out_of_memory = failure(FailureType.OUT_OF_MEMORY, "The instance reached its memory limit and was killed.")
        lost = failure(FailureType.INFRASTRUCTURE_LOST, "The instance was lost during the run, and no attempt is left.")
        for execution in await self._transitions.recover(out_of_memory, lost):
            log.warning("execution lost its instance", execution=execution.id, state=execution.state)
        gone = failure(
            FailureType.INSTANCE_REMOVED, "Its algorithm or the instance it asked for was deleted before it started."
        )
        await self._transitions.abandon(gone)
        await self._transitions.release_orphans()

    async def expire(self) -> None:
        """End executions whose instance let the time limit pass."""
        error = failure(FailureType.TIME_LIMIT, "The time limit was reached, and the instance did not stop the run.")
        for execution in await self._transitions.expire(error):
            log.warning("execution timed out", execution=execution.id)

    async def poll(self) -> None:
        """Ask instances about executions that nothing was heard of for a while."""
        due = await self._transitions.due_polls(_BATCH, poll_seconds=self._poll_seconds)
        for assignment in due:
            if assignment.execution.run_id not in self._launching and not self.follow(assignment):
                # An answer may be large, and take longer than the next round can wait.
                self._questions.start(assignment.execution.run_id, self._poll(assignment))

    async def _poll(self, assignment: Assignment) -> None:
        await self._ask(assignment)

    def follow(self, assignment: Assignment) -> bool:
        """Ask about a run in short intervals until it ends, if its instance doesn't call back; whether that is so."""
        if self._protocols[assignment.protocol].traits.calls_back:
            return False
        self._followers.start(assignment.execution.run_id, self._follow(assignment))
        return True

    async def _follow(self, assignment: Assignment) -> None:
        newest: StatusMessage | None = None
        for rest in delays(first=_FOLLOW_FIRST, most=_FOLLOW_MOST):
            # The dialect has no way to tell: there is nothing that could be waited for.
            await asyncio.sleep(rest)
            message = await self._ask(assignment, newest)
            if message is None or message.final:
                return
            newest = message

    async def _ask(self, assignment: Assignment, before: StatusMessage | None = None) -> StatusMessage | None:
        """What the instance says about a run, applied unless it is the same as ``before``; None if it says nothing."""
        execution = assignment.execution
        protocol = self._protocols[assignment.protocol]
        try:
            message = await protocol.poll(assignment.target, assignment.run)
            if before is None or not _says_the_same(message, before):
                await self._messages.apply(execution, message)
        except RunUnknown:
            if execution.state is ExecutionState.STARTING:
                # The launch never arrived: nothing was lost.
                await self._transitions.requeue(
                    execution.id, execution.attempt, "Its launch did not reach the instance.", rest_seconds=0.0
                )
            else:
                text = "The instance forgot the run, and no attempt is left."
                error = failure(FailureType.INFRASTRUCTURE_LOST, text)
                reason = "Its instance forgot the run; it starts again."
                await self._transitions.lose(execution.id, execution.attempt, reason, error)
        except (InstanceUnreachable, EngineUnavailable) as error:
            log.info("instance does not answer a poll", execution=execution.id, error=error.detail)
        except InstanceBroken as error:
            await self.condemn(assignment.target, error.detail)
        except ContractBroken as error:
            await self._messages.fail(execution, FailureType.CONTRACT_BROKEN, error.detail)
        else:
            return message
        return None

    async def condemn(self, target: Target, reason: str) -> None:
        """Have an instance replaced that can't go on, and take its executions back."""
        log.warning("instance is to be replaced", instance=target.instance_id, reason=reason)
        try:
            await self._instances.condemn(target.instance_id, target.generation, reason)
        except NotFound:
            log.debug("the instance is gone", instance=target.instance_id)
        await self.recover()

    async def release(self) -> float:
        """Fetch the logs of runs that ended, and have their instances stop and forget them.

        Returns the seconds until the next round when none ends meanwhile.
        """
        for assignment in await self._transitions.to_release(_BATCH):
            run_id = assignment.execution.run_id
            if run_id in self._launching:
                # It would start after its stop, and nobody would know of it.
                self._postponed.add(run_id)
            else:
                self._releases.start(run_id, self._release(assignment))
        return _CYCLE

    @contextmanager
    def launching(self, runs: Set[str]) -> Iterator[None]:
        """Leave runs alone until it is known what became of their launch."""
        self._launching |= runs
        try:
            yield
        finally:
            self._launching -= runs
            if runs & self._postponed:
                self._postponed -= runs
                self._listener.wake(RELEASE)

    async def _release(self, assignment: Assignment) -> None:
        execution = assignment.execution
        protocol = self._protocols[assignment.protocol]
        body: bytes | None = None
        try:
            if not execution.state.finished_by_itself:
                # Stop first, so that the log is complete.
                await protocol.stop(assignment.target, assignment.run, forget=False)
            body = await protocol.logs(assignment.target, assignment.run)
            await protocol.stop(assignment.target, assignment.run, forget=True)
        except RunUnknown:
            log.debug("the instance has forgotten the run already", execution=execution.id)
        except InstanceBroken as error:
            # With its instance goes everything that there was to be released.
            await self.condemn(assignment.target, error.detail)
        except (InstanceUnreachable, EngineUnavailable) as error:
            # The next round tries again; if the instance is lost, the reconciler says so.
            log.info("instance does not answer a release", execution=execution.id, error=error.detail)
            await asyncio.sleep(_REST_SECONDS)
            return
        except ContractBroken as error:
            log.warning("no log could be fetched", execution=execution.id, error=error.detail)
        await self._transitions.released(execution.id, execution.attempt, body)

    async def close(self) -> None:
        """End what is under way; it is taken up after the next start."""
        await self._followers.close()
        await self._questions.close()
        await self._releases.close()


def _says_the_same(message: StatusMessage, before: StatusMessage) -> bool:
    return not message.final and all(
        getattr(message, field) == getattr(before, field)
        for field in ("status", "progress_message", "progress_fraction", "incumbent")
    )
