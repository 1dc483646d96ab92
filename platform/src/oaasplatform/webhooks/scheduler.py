"""Who hears of changes when: in order for each execution, side by side for several, each host within bounds."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from oaasplatform.domain.errors import OaasError
from oaasplatform.domain.webhooks import Pending
from oaasplatform.kit.backoff import delay
from oaasplatform.kit.tasks import TaskSet
from oaasplatform.webhooks.base import Message, Outbox, Patience
from oaasplatform.webhooks.sending import NotDelivered, Sender

SIDE_BY_SIDE = 64
"""Messages that are on their way at the same time."""
_OF_HOST = 8
"""The same, to one host: a slow one must not hold up others."""
_PROGRESS_SECONDS = 0.25
"""Between two messages about the progress of one execution."""
_LOOK_AGAIN = 5.0
"""Seconds; news may get lost."""
_RECOVER_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Scheduler:
    """Sends what an outbox has. Nothing is only in memory: what is not acknowledged is sent again after a restart."""

    def __init__(self, outbox: Outbox, sender: Sender, patience: Patience, wakeup: asyncio.Event) -> None:
        """``wakeup`` is set whenever there may be something to do in :meth:`cycle`."""
        self._outbox = outbox
        self._sender = sender
        self._patience = patience
        self._wakeup = wakeup
        self._deliveries = TaskSet(expected=(OaasError,))
        self._busy: dict[int, str] = {}
        """Hosts, by the executions of which something is on its way."""
        self._hosts: Counter[str] = Counter()
        self._resting: dict[int, asyncio.TimerHandle] = {}
        """Executions of whose progress something was sent just now."""
        self._postponed: set[int] = set()
        """Those that rest, and have nothing but progress to be sent."""
        self._news: set[int] = set()
        """Executions that changed while they were busy."""
        self._recovered_at: float | None = None

    async def cycle(self, changed: Collection[int]) -> float:
        """Begin all that can be begun. ``changed``: executions with news. Returns the seconds until the next look."""
        self._news.update(changed)
        await self._find_missed()
        news = self._news - self._busy.keys()
        if news:
            await self._outbox.changed(news)
            self._news -= news
            self._postponed -= news
        while (room := SIDE_BY_SIDE - len(self._busy)) > 0:
            full = [host for host, count in self._hosts.items() if count >= _OF_HOST]
            found = await self._outbox.due(room, busy=[*self._busy, *self._postponed], full=full)
            if not found:
                break
            for pending in found:
                if self._hosts[pending.host] < _OF_HOST:
                    self._begin(pending)
        rest = await self._outbox.next_due()
        return _LOOK_AGAIN if rest is None else min(_LOOK_AGAIN, max(0.0, rest))

    async def close(self) -> None:
        """Stop; what is on its way will be sent again."""
        for timer in self._resting.values():
            timer.cancel()
        await self._deliveries.close()

    async def _find_missed(self) -> None:
        now = time.monotonic()
        if self._recovered_at is None or now - self._recovered_at >= _RECOVER_SECONDS:
            await self._outbox.recover()
            self._recovered_at = now

    def _begin(self, pending: Pending) -> None:
        self._busy[pending.execution_id] = pending.host
        self._hosts[pending.host] += 1
        self._deliveries.start(f"callback of execution {pending.execution_id}", self._deliver(pending))

    async def _deliver(self, pending: Pending) -> None:
        id_ = pending.execution_id
        try:
            messages = await self._outbox.messages(pending)
            if not messages:
                await self._outbox.settled(pending)
            for message in worth_sending(messages):
                if message.minor and id_ in self._resting:
                    self._postponed.add(id_)
                    break
                await self._sender.send(pending.url, message)
                await self._outbox.delivered(pending, message)
                pending = replace(pending, delivered=message.number, failures=0, failing_since=None)
                if message.minor:
                    self._rest(id_)
        except NotDelivered as error:
            await self._failed(pending, error)
        except OaasError:
            raise
        except Exception:
            log.exception("a callback can't be sent", execution=id_)
            await self._failed(pending, NotDelivered("This is a defect of the node. Its log says more."))
        finally:
            del self._busy[id_]
            self._hosts[pending.host] -= 1
            if not self._hosts[pending.host]:
                del self._hosts[pending.host]
            self._wakeup.set()

    async def _failed(self, pending: Pending, error: NotDelivered) -> None:
        patience = self._patience
        failures = pending.failures + 1
        expired = pending.failing_since is not None and datetime.now(UTC) - pending.failing_since >= patience.age
        if error.final or expired or failures >= patience.attempts:
            log.warning("a callback is given up", execution=pending.execution_id, reason=str(error), failures=failures)
            await self._outbox.given_up(pending, str(error))
            return
        rest = delay(failures, first=patience.first, most=patience.most)
        if error.rest is not None:
            rest = min(max(rest, error.rest), patience.age.total_seconds())
        log.info("a callback failed", execution=pending.execution_id, reason=str(error), again_in=round(rest, 1))
        await self._outbox.failed(pending, str(error), rest=rest)

    def _rest(self, execution_id: int) -> None:
        def awake() -> None:
            del self._resting[execution_id]
            self._postponed.discard(execution_id)
            self._wakeup.set()

        self._resting[execution_id] = asyncio.get_running_loop().call_later(_PROGRESS_SECONDS, awake)


def worth_sending(messages: Sequence[Message]) -> list[Message]:
    """Without progress that a later message says anyway."""
    return [*(each for each in messages[:-1] if not each.minor), *messages[-1:]]
