"""Callbacks: whom changes of executions are sent to. ``executions`` makes the rows, as part of the submission."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CALLBACKS, CHANNEL, Listener
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.paging import Paging
from oaasplatform.domain.webhooks import Callback, CallbackFilter, CallbackState, Pending

_NOUN = "callback for the algorithm execution"
_ERROR_LENGTH = 1000

_HOST = "lower(substring(callback_url FROM '^[A-Za-z]+://([^/?#]*)'))"

REGISTER_CALLBACKS = f"""
        INSERT INTO callbacks (execution_id, created_at, modified_at, url, host, state, delivered, due_at, failures)
        SELECT id, now(), now(), callback_url, {_HOST}, 'active', 0, now(), 0
        FROM given WHERE callback_url IS NOT NULL
"""  # noqa: S608 - constants only
"""A part of statements that submit: ``given`` has ``id`` and ``callback_url``."""

NEWEST = """COALESCE(
    (SELECT e.event_id FROM executions e WHERE e.id = c.execution_id),
    (SELECT h.event_id FROM execution_history h WHERE h.id = c.execution_id))
"""

_RECOVER = """
    UPDATE callbacks c SET due_at = now() WHERE c.state = 'active' AND c.due_at IS NULL AND {newest} > c.delivered
"""

_CHANGED = f"{_RECOVER} AND c.execution_id = ANY($1)"

_DUE = """
    SELECT execution_id, url, host, delivered, failures, failing_since FROM callbacks
    WHERE state = 'active' AND due_at IS NOT NULL AND due_at <= now()
      AND execution_id <> ALL($2) AND host <> ALL($3)
    ORDER BY due_at LIMIT $1
"""

_NEXT_DUE = """
    SELECT extract(epoch FROM min(due_at) - now())::float8 FROM callbacks
    WHERE state = 'active' AND due_at IS NOT NULL AND due_at > now()
"""

# Whoever led before may still send: an older acknowledgement changes nothing.
_DELIVERED = """
    UPDATE callbacks c SET delivered = $2, failures = 0, failing_since = NULL, last_error = NULL, modified_at = now(),
        due_at = CASE WHEN {newest} > $2 THEN now() END
    WHERE c.execution_id = $1 AND c.delivered < $2 AND c.state = 'active'
"""

_DONE = "DELETE FROM callbacks WHERE execution_id = $1"

_SETTLED = "UPDATE callbacks SET due_at = NULL WHERE execution_id = $1 AND delivered = $2 AND state = 'active'"

_FAILED = """
    UPDATE callbacks SET failures = failures + 1, failing_since = COALESCE(failing_since, now()), last_error = $3,
        modified_at = now(), due_at = now() + make_interval(secs => $4)
    WHERE execution_id = $1 AND delivered = $2 AND state = 'active'
"""

_GIVEN_UP = """
    UPDATE callbacks SET state = 'dead', failures = failures + 1, failing_since = COALESCE(failing_since, now()),
        last_error = $3, modified_at = now(), due_at = NULL
    WHERE execution_id = $1 AND delivered = $2 AND state = 'active'
"""

_REPLAY = """
    UPDATE callbacks SET state = 'active', failures = 0, failing_since = NULL, modified_at = now(), due_at = now()
"""

_TELL = f"SELECT pg_notify('{CHANNEL}', '{CALLBACKS}')"


def _callback(row: asyncpg.Record) -> Callback:
    return Callback(
        execution_id=row["execution_id"],
        url=row["url"],
        state=CallbackState(row["state"]),
        delivered=row["delivered"],
        failures=row["failures"],
        last_error=row["last_error"],
        due_at=row["due_at"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )


class WebhookQueries:
    """Reads and writes of callbacks."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, newest: str = NEWEST) -> None:
        """``newest``: an SQL expression, the number of the newest event of the execution of callback ``c``."""
        self._pool = pool
        self._listener = listener
        self._recover, self._changed, self._delivered = (
            statement.format(newest=newest) for statement in (_RECOVER, _CHANGED, _DELIVERED)
        )

    async def page(self, wanted: CallbackFilter, paging: Paging) -> tuple[list[Callback], int | None]:
        """Newest first."""
        conditions: list[str] = []
        arguments: list[Any] = []
        if wanted.state is not None:
            # Literal, so that the index of those that were given up is found.
            conditions.append(f"state = '{wanted.state.value}'")
        if paging.before is not None:
            arguments.append(paging.before)
            conditions.append("execution_id < $1")
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        # Conditions are constants; values are parameters.
        statement = f"SELECT * FROM callbacks {where} ORDER BY execution_id DESC LIMIT {paging.limit + 1}"  # noqa: S608
        with translated():
            rows = await self._pool.fetch(statement, *arguments)
        found = [_callback(row) for row in rows[: paging.limit]]
        return found, found[-1].execution_id if len(rows) > paging.limit else None

    async def get(self, execution_id: int) -> Callback:
        """Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow("SELECT * FROM callbacks WHERE execution_id = $1", execution_id)
        if row is None:
            raise NotFound(_NOUN, execution_id)
        return _callback(row)

    async def replay(self, execution_id: int) -> Callback:
        """Make it active and due. Raises ``NotFound``."""
        with translated():
            row = await self._pool.fetchrow(f"{_REPLAY} WHERE execution_id = $1 RETURNING *", execution_id)
            await self._tell()
        if row is None:
            raise NotFound(_NOUN, execution_id)
        return _callback(row)

    async def replay_dead(self) -> int:
        """The same for all that were given up; how many."""
        with translated():
            tag: str = await self._pool.execute(f"{_REPLAY} WHERE state = 'dead'")
            await self._tell()
        return int(tag.rpartition(" ")[2])

    async def forget(self, execution_id: int) -> None:
        """Send nothing more. Raises ``NotFound``."""
        with translated():
            gone = await self._pool.fetchval(f"{_DONE} RETURNING execution_id", execution_id)
        if gone is None:
            raise NotFound(_NOUN, execution_id)

    async def recover(self) -> None:
        """See ``Outbox``, for this and what follows."""
        with translated():
            await self._pool.execute(self._recover)

    async def changed(self, execution_ids: Collection[int]) -> None:
        with translated():
            await self._pool.execute(self._changed, list(execution_ids))

    async def due(self, limit: int, *, busy: Collection[int], full: Collection[str]) -> list[Pending]:
        with translated():
            rows = await self._pool.fetch(_DUE, limit, list(busy), list(full))
        return [Pending(**row) for row in rows]

    async def next_due(self) -> float | None:
        with translated():
            seconds: float | None = await self._pool.fetchval(_NEXT_DUE)
        return seconds

    async def delivered(self, execution_id: int, number: int, *, last: bool) -> None:
        with translated():
            if last:
                await self._pool.execute(_DONE, execution_id)
            else:
                await self._pool.execute(self._delivered, execution_id, number)

    async def settled(self, execution_id: int, delivered: int) -> None:
        with translated():
            await self._pool.execute(_SETTLED, execution_id, delivered)

    async def failed(self, execution_id: int, delivered: int, error: str, *, rest: float) -> None:
        with translated():
            await self._pool.execute(_FAILED, execution_id, delivered, error[:_ERROR_LENGTH], rest)

    async def given_up(self, execution_id: int, delivered: int, error: str) -> None:
        with translated():
            await self._pool.execute(_GIVEN_UP, execution_id, delivered, error[:_ERROR_LENGTH])

    async def _tell(self) -> None:
        await self._pool.execute(_TELL)
        self._listener.wake(CALLBACKS)
