"""From the queue to an instance: claim free slots, launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import structlog

from oaasplatform.database.database import Database
from oaasplatform.domain.errors import (
    ContractBroken,
    DatabaseUnavailable,
    EngineUnavailable,
    ImageUnavailable,
    InputRefused,
    InstanceBroken,
    InstanceBusy,
    InstanceUnreachable,
    UnitFailed,
)
from oaasplatform.domain.executions import Claim, FailureType
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.protocols.base import Launch, RepositoryProtocol
from oaasplatform.services.status_messages import StatusMessageService
from oaasplatform.services.supervision import SupervisionService

_LAUNCH_SECONDS = 15.0
"""A launch that has not reported by then is asked about."""
_LAUNCH_WAIT = 0.25
"""Seconds in which a short run may answer its launch with the result; longer ones call back."""
_DEADLINE_GRACE = 5.0
"""Seconds beyond the time limit that an instance has to report the time-out itself."""
_BUSY_REST = 0.2
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
        callback_url: str,
    ) -> None:
        self._transitions = database.transitions
        self._protocols = protocols
        self._messages = messages
        self._supervision = supervision
        self._keep_time = [name for name, protocol in protocols.items() if protocol.traits.keeps_time]
        self._callback_url = callback_url
        self._launches = TaskSet(expected=(DatabaseUnavailable,))

    async def dispatch(self) -> float:
        """Claim all free slots and launch in the background. Returns when to look again if nothing happens."""
        for instance_id in await self._transitions.candidates():
            claims = await self._transitions.claim(
                instance_id,
                launch_seconds=_LAUNCH_SECONDS,
                deadline_grace=_DEADLINE_GRACE,
                keep_time=self._keep_time,
            )
            for claim in claims:
                self._launches.start(claim.assignment.execution.run_id, self._launch(claim))
        rest = await self._transitions.next_rested()
        return _LOOK_AGAIN if rest is None else min(max(rest, 0.01), _LOOK_AGAIN)

    async def close(self) -> None:
        """End launches under way; polling finds out what became of them."""
        await self._launches.close()

    async def _launch(self, claim: Claim) -> None:
        assignment = claim.assignment
        execution = assignment.execution
        launch = Launch(
            run_id=execution.run_id,
            reference=claim.reference,
            input=msgspec.Raw(claim.input),
            callback_url=f"{self._callback_url}/callback/{execution.id}?secret={assignment.secret}",
            secret=assignment.secret,
            time_limit=execution.max_running_time,
            wait=_LAUNCH_WAIT,
        )
        try:
            launched = await self._protocols[assignment.protocol].launch(assignment.target, launch)
            if launched.message is None:
                await self._messages.launched(execution, launched.handle)
                self._supervision.follow(replace(assignment, handle=launched.handle))
            else:
                await self._messages.apply(execution, launched.message, handle=launched.handle)
        except InstanceBusy:
            await self._transitions.requeue(
                execution.id, execution.attempt, "The instance was busy.", rest_seconds=_BUSY_REST
            )
        except InstanceBroken as error:
            reason = f"Its instance has to be replaced: {error.detail}"
            await self._transitions.requeue(execution.id, execution.attempt, reason, rest_seconds=_BUSY_REST)
            await self._supervision.condemn(assignment.target, error.detail)
        except InputRefused as error:
            details = [{"pointer": v.pointer, "detail": v.detail} for v in error.violations]
            await self._messages.fail(execution, FailureType.INPUT_REFUSED, error.detail, details or None)
        except ContractBroken as error:
            await self._messages.fail(execution, FailureType.CONTRACT_BROKEN, error.detail)
        except (UnitFailed, ImageUnavailable) as error:
            await self._messages.fail(execution, FailureType.NOT_STARTED, error.detail)
        except (InstanceUnreachable, EngineUnavailable) as error:
            # It may have arrived or not: the poll, or the loss of the instance, will tell.
            log.info("launch without an answer", execution=execution.id, error=error.detail)
