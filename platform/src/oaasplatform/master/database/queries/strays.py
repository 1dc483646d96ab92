"""Attempts that are none of their executions' any more: to be stopped on their nodes, and what came of them late."""

from __future__ import annotations

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.domain.executions import ExecutionState
from oaasplatform.master.database.queries.execution_rows import WITH_INPUT, placed_of
from oaasplatform.master.domain.executions import Attempt, LateResult, Placed, Stray

_TO_STOP = """
    SELECT s.id, s.execution_id, s.attempt, s.node_id, s.remote_id
    FROM stray_attempts s JOIN oaas_nodes n ON n.id = s.node_id
    WHERE s.settled_at IS NULL AND n.status <> 'unreachable' ORDER BY s.modified_at LIMIT $1
"""

# As it was given to the node then.
_AGAIN = f"""
    WITH changed AS (
        SELECT e.*, s.node_id AS stray_node FROM stray_attempts s JOIN executions e ON e.id = s.execution_id
        WHERE s.id = $1
    )
    SELECT {WITH_INPUT.replace("changed.node_id", "changed.stray_node")}
"""  # noqa: S608 - constants only

_NOTE = """
    UPDATE stray_attempts SET modified_at = now(), settled_at = COALESCE(settled_at, now()),
        late_state = CASE WHEN lost AND $4 <> 'cancelled' THEN COALESCE(late_state, $4) END,
        late_at = CASE WHEN lost AND $4 <> 'cancelled' THEN COALESCE(late_at, now()) END
    WHERE execution_id = $1 AND attempt = $2 AND node_id = $3
"""

_LATE = """
    SELECT attempt, node_id, late_state AS state, late_at AS at FROM stray_attempts
    WHERE execution_id = $1 AND late_state IS NOT NULL ORDER BY attempt
"""


class StrayQueries:
    """Reads and writes of attempts that were given up. ``transitions`` makes them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def to_stop(self, limit: int) -> list[Stray]:
        """Those that nodes may still have, on nodes that should answer."""
        with translated():
            return [Stray(**row) for row in await self._pool.fetch(_TO_STOP, limit)]

    async def again(self, id_: int) -> Placed | None:
        """What the node was given, to be given to it again: then it is known there for certain, and can be stopped."""
        with translated():
            row = await self._pool.fetchrow(_AGAIN, id_)
        return row and placed_of(row)

    async def settled(self, id_: int) -> None:
        """Its node has nothing of it any more."""
        with translated():
            await self._pool.execute(
                "UPDATE stray_attempts SET settled_at = now(), modified_at = now() WHERE id = $1", id_
            )

    async def postpone(self, id_: int) -> None:
        """It could not be stopped now: others come first."""
        with translated():
            await self._pool.execute("UPDATE stray_attempts SET modified_at = now() WHERE id = $1", id_)

    async def note(self, attempt: Attempt, state: ExecutionState) -> None:
        """It has ended all the same; noted if it had been lost rather than stopped."""
        with translated():
            await self._pool.execute(_NOTE, *attempt, state.value)

    async def late_results(self, execution_id: int) -> list[LateResult]:
        """How lost attempts of an execution ended."""
        with translated():
            rows = await self._pool.fetch(_LATE, execution_id)
        return [LateResult(**{**row, "state": ExecutionState(row["state"])}) for row in rows]
