"""From the queue to an instance: claim free slots, launch."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec
import structlog

from oaas_sdk.contract import StatusMessage
from oaasplatform.database.database import Database
from oaasplatform.database.notifications import QUEUE, SLOT
from oaasplatform.domain.errors import (
    ContractBroken,
    DatabaseUnavailable,
    EngineUnavailable,
    ImageUnavailable,
    InputRefused,
    InstanceBroken,
    InstanceBusy,
    InstanceUnreachable,
    OaasError,
    UnitFailed,
)
from oaasplatform.domain.executions import Claim, Execution, FailureType, Opening, ReadyInstance
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.protocols.base import BatchProtocol, Launch, Launched, RepositoryProtocol, StreamingProtocol
from oaasplatform.services.pace import Pace
from oaasplatform.services.status_messages import StatusMessageService, ends_at_once
from oaasplatform.services.supervision import SupervisionService

_LAUNCH_SECONDS = 15.0
"""A launch that has not reported by then is asked about."""
_LAUNCH_WAIT = 0.25
"""Seconds in which a short run may answer its launch with the result; longer ones call back."""
_DEADLINE_GRACE = 5.0
"""Seconds beyond the time limit that an instance has to report the time-out itself."""
_BUSY_REST = 0.2
_REQUEST_BYTES = 2**20
"""Inputs that go together into one request."""
_LOOK_AGAIN = 5.0

log = structlog.get_logger(__name__)


class DispatchService:
    """Launches queued executions on ready instances with free slots."""

    def __init__(
        self,
        database: Database,
        protocols: Mapping[str, RepositoryProtocol],
        messages: StatusMessageService,
        supervision: SupervisionService,
        *,
        instances_changed: asyncio.Event,
        term: int,
        callback_url: str,
        user_limit: int | None,
    ) -> None:
        """``instances_changed`` is set whenever one of them is not as it was; ``term``: in which this process leads.

        ``user_limit``: executions of a user that run at the same time, at most.
        """
        self._openings = database.openings
        self._claims = database.claims
        self._transitions = database.transitions
        self._documents = database.documents
        self._listener = database.listener
        self._instances_changed = instances_changed
        self._instances_changed.set()  # none is known yet
        self._ready: dict[int, ReadyInstance] = {}
        self._drained: set[int] = set()
        """Instances that had slots left when they were filled last: nothing is in the queue before them."""
        self._protocols = protocols
        self._messages = messages
        self._supervision = supervision
        self._term = term
        self._callback_url = callback_url
        self._user_limit = user_limit
        self._launches = TaskSet(expected=(DatabaseUnavailable,))
        self._pace = Pace()
        self._under_way: Counter[int] = Counter()
        """Launches without an answer yet, by instance."""
        self._ended: list[tuple[Execution, StatusMessage]] = []
        """With the answers to their launches, and not written down yet."""

    async def dispatch(self) -> float:
        """Claim free slots and launch in the background. Returns when to look again if nothing happens."""
        hunger = self._listener.hunger()
        everywhere = hunger.everywhere or self._instances_changed.is_set()
        if everywhere:
            self._instances_changed.clear()
            self._ready = {instance.id: instance for instance in await self._claims.ready()}
            self._pace.keep(set(self._ready))
        hungry = hunger.queued | hunger.freed
        self._drained -= {
            instance.id for instance in self._ready.values() if everywhere or instance.repository_id in hunger.queued
        }
        for instance in await self._candidates(None if everywhere else hungry):
            await self._fill(instance)
        if not everywhere:
            return _LOOK_AGAIN
        rest = await self._claims.next_rested()
        return _LOOK_AGAIN if rest is None else min(max(rest, 0.01), _LOOK_AGAIN)

    def opening(self, repository_id: int) -> Opening | None:
        """See :class:`~oaasplatform.database.openings.Starter`."""
        instances = {
            id_: self._ready[id_]
            for id_ in self._drained
            if id_ in self._ready and self._ready[id_].repository_id == repository_id
        }
        if not instances:
            return None
        return Opening(
            instances=instances,
            term=self._term,
            launch_seconds=_LAUNCH_SECONDS,
            deadline_grace=self._deadline_grace(next(iter(instances.values()))),
        )

    def launch(self, instance: ReadyInstance, claims: Sequence[Claim]) -> None:
        """See :class:`~oaasplatform.database.openings.Starter`."""
        size = instance.launch_batch if isinstance(self._protocols[instance.protocol], BatchProtocol) else 1
        for part in _parts(claims, size):
            self._under_way[instance.id] += len(part)
            key = part[0].assignment.execution.run_id
            self._launches.start(key, self._launch_part(instance, part))

    async def _candidates(self, repositories: set[int] | None) -> list[ReadyInstance]:
        """Instances that may have something to do, the least busy ones first."""
        if repositories is not None:
            found = [
                instance
                for instance in self._ready.values()
                if instance.repository_id in repositories and instance.id not in self._drained
            ]
            if len(found) <= 1:
                return found
        ids = await self._claims.candidates()
        return [self._ready[id_] for id_ in ids if id_ in self._ready]

    async def _fill(self, instance: ReadyInstance) -> None:
        beyond = self._pace.beyond(instance) if isinstance(self._protocols[instance.protocol], BatchProtocol) else 0
        under_way = self._under_way[instance.id]
        if under_way >= instance.concurrency and 2 * under_way > instance.concurrency + beyond:
            return  # half of what it may have is enough: many small requests are dearer than few large ones
        async with self._openings.counting:
            claims, drained = await self._claims.claim(
                instance,
                term=self._term,
                launch_seconds=_LAUNCH_SECONDS,
                deadline_grace=self._deadline_grace(instance),
                beyond=beyond,
                user_limit=self._user_limit,
            )
        if drained:
            self._drained.add(instance.id)
        self.launch(instance, claims)

    def _deadline_grace(self, instance: ReadyInstance) -> float:
        return _DEADLINE_GRACE if self._protocols[instance.protocol].traits.keeps_time else 0.0

    async def close(self) -> None:
        """End launches under way; polling finds out what became of them."""
        await self._launches.close()

    async def _launch_part(self, instance: ReadyInstance, claims: Sequence[Claim]) -> None:
        protocol = self._protocols[instance.protocol]
        rest = Counter({instance.id: len(claims)})
        began = time.monotonic()
        runs = {claim.assignment.execution.run_id for claim in claims}
        try:
            with self._supervision.launching(runs):
                # One by itself is refused when it finds no free slot; in company it waits for one.
                waits = len(claims) > 1 or self._under_way[instance.id] > instance.concurrency
                waits = waits and isinstance(claims[0].input, bytes)
                if waits and isinstance(protocol, BatchProtocol) and instance.launch_batch > 1:
                    await self._launch_all(protocol, instance, claims, rest)
                else:
                    await self._launch(protocol, claims[0])
            self._pace.note(instance, len(claims), time.monotonic() - began)
        finally:
            self._under_way -= rest
            self._listener.wake(f"{SLOT}:{instance.repository_id}")

    async def _launch_all(
        self, protocol: BatchProtocol, instance: ReadyInstance, claims: Sequence[Claim], rest: Counter[int]
    ) -> None:
        """Launch together; ``rest`` counts down as answers come."""
        missing = {claim.assignment.execution.run_id: claim for claim in claims}
        requests = [self._request(claim, claim.input) for claim in claims if isinstance(claim.input, bytes)]
        outcome: Launched | OaasError = InstanceUnreachable("The answer to the launches is incomplete.")
        begun = False
        try:
            async with protocol.launch_all(instance.target, requests) as answers:
                begun = True
                async for run_id, answer in answers:
                    if (claim := missing.pop(run_id, None)) is not None:
                        rest[instance.id] -= 1
                        self._under_way[instance.id] -= 1
                        self._settle_soon(claim, answer)
        except OaasError as error:
            # If the answer had begun, the launches were taken: what became of those that are missing is not known.
            if begun:
                log.warning("the answer to launches broke off", instance=instance.id, error=error.detail)
            else:
                outcome = error
        for claim in missing.values():
            self._settle_soon(claim, outcome)

    def _settle_soon(self, claim: Claim, outcome: Launched | OaasError) -> None:
        """Write down what became of a launch, in the background; ends that come together in one go."""
        execution = claim.assignment.execution
        if isinstance(outcome, Launched) and ends_at_once(execution, outcome.message):
            assert outcome.message is not None
            self._ended.append((execution, outcome.message))
            if len(self._ended) == 1:
                self._launches.start(("end", execution.run_id), self._finish_together())
        else:
            self._launches.start(("settle", execution.run_id), self._settle(claim, outcome))

    async def _finish_together(self) -> None:
        ended, self._ended = self._ended, []
        await self._messages.finish_all(ended)

    async def _launch(self, protocol: RepositoryProtocol, claim: Claim) -> None:
        outcome: Launched | OaasError
        try:
            outcome = await self._launched(protocol, claim)
        except OaasError as error:
            outcome = error
        await self._settle(claim, outcome)

    async def _launched(self, protocol: RepositoryProtocol, claim: Claim) -> Launched:
        target = claim.assignment.target
        if isinstance(claim.input, bytes):
            return await protocol.launch(target, self._request(claim, claim.input))
        document = await self._documents.read(claim.input)
        if isinstance(protocol, StreamingProtocol):
            return await protocol.launch_large(target, self._request(claim, b"null"), document)
        return await protocol.launch(target, self._request(claim, await document.whole()))

    def _request(self, claim: Claim, input: bytes) -> Launch:
        execution, secret = claim.assignment.execution, claim.assignment.secret
        return Launch(
            run_id=execution.run_id,
            reference=claim.reference,
            input=msgspec.Raw(input),
            callback_url=f"{self._callback_url}/callback/{execution.id}?secret={secret}",
            secret=secret,
            time_limit=execution.max_running_time,
            wait=_LAUNCH_WAIT,
        )

    async def _settle(self, claim: Claim, outcome: Launched | OaasError) -> None:
        """Write down what became of a launch."""
        execution = claim.assignment.execution
        match outcome:
            case Launched(message=None):
                await self._messages.launched(execution, outcome.handle)
                self._supervision.follow(replace(claim.assignment, handle=outcome.handle))
            case Launched():
                await self._take(claim, outcome)
            case InstanceBusy():
                await self._requeue(claim, "The instance was busy.")
            case InstanceBroken():
                await self._requeue(claim, f"Its instance has to be replaced: {outcome.detail}")
                await self._supervision.condemn(claim.assignment.target, outcome.detail)
            case InputRefused():
                details = [{"pointer": v.pointer, "detail": v.detail} for v in outcome.violations]
                await self._messages.fail(execution, FailureType.INPUT_REFUSED, outcome.detail, details or None)
            case ContractBroken():
                await self._messages.fail(execution, FailureType.CONTRACT_BROKEN, outcome.detail)
            case UnitFailed() | ImageUnavailable():
                await self._messages.fail(execution, FailureType.NOT_STARTED, outcome.detail)
            case InstanceUnreachable() | EngineUnavailable():
                # It may have arrived or not: the poll, or the loss of the instance, will tell.
                log.info("launch without an answer", execution=execution.id, error=outcome.detail)
            case _:
                raise outcome

    async def _take(self, claim: Claim, launched: Launched) -> None:
        assert launched.message is not None
        execution = claim.assignment.execution
        try:
            await self._messages.apply(execution, launched.message, handle=launched.handle)
        except ContractBroken as error:
            await self._messages.fail(execution, FailureType.CONTRACT_BROKEN, error.detail)

    async def _requeue(self, claim: Claim, reason: str) -> None:
        execution = claim.assignment.execution
        await self._transitions.requeue(execution.id, execution.attempt, reason, rest_seconds=_BUSY_REST)
        asyncio.get_running_loop().call_later(_BUSY_REST, self._listener.wake, QUEUE)


def _parts(claims: Sequence[Claim], most: int) -> Iterator[list[Claim]]:
    """Claims by request: not too many, and, unless it is one alone, not too large. Large inputs go alone."""
    part: list[Claim] = []
    size = 0
    for claim in claims:
        more = len(claim.input) if isinstance(claim.input, bytes) else _REQUEST_BYTES + 1
        if part and (len(part) == most or size + more > _REQUEST_BYTES):
            yield part
            part, size = [], 0
        part.append(claim)
        size += more
    if part:
        yield part
