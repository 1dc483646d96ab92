"""What the platform asks of an algorithm repository, whatever dialect it speaks.

Adapters hold no state: a target says where the instance is. Errors: ``InstanceUnreachable`` (no or broken answer),
``InstanceBusy`` (no free slot), ``InputRefused``, ``RunUnknown``, ``ContractBroken``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.repositories import Descriptor


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What an instance said when it was ready."""

    concurrency: int
    """Runs at the same time."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One run to be started."""

    run_id: str
    """Opaque name of the attempt, unique for ever."""
    reference: str
    """``Descriptor.reference`` of the algorithm."""
    input: msgspec.Raw
    callback_url: str
    time_limit: float | None
    """Seconds."""
    wait: float
    """Seconds in which a short run may answer with its final message at once."""


class RepositoryProtocol(Protocol):
    """An adapter. ``base_url`` is always the unit's ``base_url``."""

    @property
    def name(self) -> str:
        """As in ``protocol`` of a registration."""
        ...

    @property
    def port(self) -> int:
        """Port that images of this dialect listen on."""
        ...

    async def probe(self, base_url: str) -> Readiness | None:
        """Readiness, or None while the instance does not answer or is not ready yet.

        Raises:
            ContractBroken: something answers that does not speak this dialect.
        """
        ...

    async def discover(self, base_url: str) -> list[Descriptor]:
        """All algorithms of the repository."""
        ...

    async def launch(self, base_url: str, launch: Launch) -> StatusMessage | None:
        """Start a run, or find it started already. The final message when it ended within ``wait``, else None."""
        ...

    async def poll(self, base_url: str, run_id: str) -> StatusMessage:
        """The newest message of a run."""
        ...

    async def interrupt(self, base_url: str, run_id: str) -> None:
        """Ask for the best solution found so far."""
        ...

    async def stop(self, base_url: str, run_id: str, *, forget: bool) -> None:
        """End a run now, and have the instance forget it and its log if asked to. Unknown runs are fine."""
        ...

    async def logs(self, base_url: str, run_id: str, offset: int = 0) -> bytes:
        """What the run has written, from byte ``offset`` on."""
        ...
