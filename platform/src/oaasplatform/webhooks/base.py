"""What is sent, and what the sender asks of the place where it is stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from oaasplatform.domain.webhooks import Pending


@dataclass(frozen=True, kw_only=True)
class Message:
    """A change."""

    number: int
    """Rises with each change of an execution."""
    id: str
    """The same whenever this change is sent, and no other's; without dots."""
    body: bytes
    """JSON in UTF-8."""
    minor: bool = False
    """Progress: not missed by whoever gets a later message."""
    last: bool = False
    """Nothing comes after it."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When to send again what was not acknowledged, and when to give up."""

    attempts: int
    age: timedelta = timedelta(days=1)
    """Given up after so long a time of failures, or so many attempts."""
    first: float = 1.0
    """Seconds of the first rest; the next ones are twice as long, each."""
    most: float = 3600.0
    """Seconds of the longest."""


class Outbox(Protocol):
    """Where it is stored who has to hear of what. All calls are idempotent, and may raise ``OaasError``."""

    async def recover(self) -> None:
        """Find out who has to hear of something that was missed, and make it due."""

    async def changed(self, execution_ids: Collection[int]) -> None:
        """Make those due, among these executions, of which somebody has to hear and that do not rest."""

    async def due(self, limit: int, *, busy: Collection[int], full: Collection[str]) -> Sequence[Pending]:
        """Who is due, longest ago first, without some executions and some hosts."""

    async def next_due(self) -> float | None:
        """Seconds until the next one will be due; None: nobody rests."""

    async def messages(self, pending: Pending) -> Sequence[Message]:
        """Changes after ``pending.delivered`` in order, at most some hundreds; none if all that is gone."""

    async def delivered(self, pending: Pending, message: Message) -> None:
        """It was acknowledged. Due again if there is more, gone if it was the last."""

    async def settled(self, pending: Pending) -> None:
        """There is nothing to send: not due until there are changes."""

    async def failed(self, pending: Pending, error: str, *, rest: float) -> None:
        """Not acknowledged: due again after ``rest`` seconds."""

    async def given_up(self, pending: Pending, error: str) -> None:
        """Not acknowledged, and not due again by itself."""
