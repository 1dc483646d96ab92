"""What happens to executions between submission and end.

Each transition is one statement: it changes the row (guarded by its state, its node and its attempt), appends the event
that watchers see, and notifies them with the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from oaasplatform.database.changes import Changes
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import CHANNEL, QUEUE, RELEASE, Listener, execution_topic
from oaasplatform.database.queries.documents import keep
from oaasplatform.domain.documents import LargeDocument
from oaasplatform.domain.executions import ACTIVE, ExecutionState, Outcome
from oaasplatform.master.database.queries.execution_rows import (
    OPEN,
    RECORD,
    TOUCH,
    WAITS,
    WITH_INPUT,
    execution_of,
    placed_of,
)
from oaasplatform.master.domain import wishes
from oaasplatform.master.domain.executions import Attempt, FederatedExecution, Placed, Report
from oaasplatform.master.domain.placement import Wish

# Each wish has a queue: the first of each, by steps from one queue to the next on the index.
_QUEUES = f"""
    WITH RECURSIVE queue AS (
        (SELECT wish FROM executions WHERE {WAITS} ORDER BY wish LIMIT 1)
        UNION ALL
        SELECT (SELECT e.wish FROM executions e WHERE e.{WAITS} AND e.wish > q.wish ORDER BY e.wish LIMIT 1)
        FROM queue q WHERE q.wish IS NOT NULL
    )
    SELECT q.wish, first.rank FROM queue q CROSS JOIN LATERAL (
        SELECT e.rank FROM executions e
        WHERE e.{WAITS} AND e.wish = q.wish AND (e.not_before IS NULL OR e.not_before <= now())
        ORDER BY e.rank, e.id LIMIT 1
    ) AS first
    WHERE q.wish IS NOT NULL
"""  # noqa: S608 - constants only

_NEXT_RESTED = f"""
    SELECT extract(epoch FROM min(not_before) - now())::float8 FROM executions WHERE {WAITS} AND not_before > now()
"""  # noqa: S608 - constants only

# The best placed ones of a queue to nodes, in that order.
_PLACE = f"""
    WITH best AS (
        SELECT id, rank FROM executions
        WHERE wish = $1 AND {WAITS} AND (not_before IS NULL OR not_before <= now())
        ORDER BY rank, id LIMIT cardinality($2::bigint[]) FOR UPDATE SKIP LOCKED
    ), ordered AS (
        SELECT id, row_number() OVER (ORDER BY rank, id) AS place FROM best
    ), changed AS (
        UPDATE executions e SET node_id = g.node_id, remote_id = NULL, attempt = attempt + 1, sequence = 0,
            report = '{{}}', heard_at = now(), waiting_reason = NULL, not_before = NULL
        FROM ordered o JOIN unnest($2::bigint[]) WITH ORDINALITY AS g (node_id, place) ON g.place = o.place
        WHERE e.id = o.id
        RETURNING e.*, g.place
    )
    SELECT {WITH_INPUT} ORDER BY changed.place
"""  # noqa: S608 - constants only

# Those of which nothing was heard for a while, on nodes that should answer.
_SILENT = f"""
    WITH changed AS (
        UPDATE executions e SET heard_at = now()
        FROM (
            SELECT s.id FROM oaas_nodes n CROSS JOIN LATERAL (
                SELECT id FROM executions
                WHERE node_id = n.id AND {OPEN} AND heard_at < now() - make_interval(secs => $1)
                ORDER BY heard_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ) AS s
            WHERE n.status <> 'unreachable'
        ) AS silent
        WHERE e.id = silent.id
        RETURNING e.*
    )
    SELECT {WITH_INPUT}
"""  # noqa: S608 - constants only

_HEARD = f"UPDATE executions SET heard_at = now() WHERE id = $1 AND attempt = $2 AND node_id = $3 AND {OPEN}"  # noqa: S608

_IS_OPEN = f"""
    SELECT EXISTS (SELECT FROM executions WHERE id = $1 AND attempt = $2 AND node_id = $3 AND {OPEN})
"""  # noqa: S608 - constants only

_WITHDRAW = f"""
    WITH changed AS (
        UPDATE executions e SET node_id = NULL, attempt = attempt - 1, waiting_reason = $4,
            not_before = now() + make_interval(secs => $5), {TOUCH}
        WHERE id = $1 AND attempt = $2 AND node_id = $3 AND remote_id IS NULL AND {OPEN}
        RETURNING e.*
    )
    {RECORD}
"""  # noqa: S608 - constants only

_REPORTED = f"""
    WITH changed AS (
        UPDATE executions e SET state = $4::text, remote_id = $5, sequence = $6, report = $7, started_at = $8,
            node_unreachable = false, heard_at = now(), {TOUCH}
        WHERE id = $1 AND attempt = $2 AND node_id = $3 AND {OPEN} AND sequence < $6
        RETURNING e.*
    )
    {RECORD}
"""  # noqa: S608 - constants only

_FINISH = f"""
    WITH changed AS (
        UPDATE executions e SET state = $4::text, remote_id = COALESCE($5, remote_id),
            sequence = COALESCE($6, sequence), report = COALESCE($7, report),
            started_at = COALESCE($8, started_at), error = $9, output_bytes = $10,
            node_unreachable = false, waiting_reason = NULL, finished_at = now(), {TOUCH}
        WHERE id = $1 AND attempt = $2 AND node_id = $3 AND {OPEN}
        RETURNING e.*
    ), output AS (
        INSERT INTO execution_outputs (execution_id, body, document_id)
        SELECT id, $11, $12 FROM changed WHERE $10::bigint IS NOT NULL
    )
    {RECORD}
"""  # noqa: S608 - constants only

# What nodes have of them is stopped there.
_CANCEL = f"""
    WITH cancelled AS (
        SELECT id FROM executions WHERE id = ANY($1) AND state IN ('created', 'queued', 'starting', 'running')
        FOR UPDATE {{skip}}
    ), changed AS (
        UPDATE executions e SET state = 'cancelled', error = $2, finished_at = now(), waiting_reason = NULL,
            node_unreachable = false, {TOUCH}
        FROM cancelled WHERE e.id = cancelled.id
        RETURNING e.*
    ), stray AS (
        INSERT INTO stray_attempts (created_at, modified_at, execution_id, attempt, node_id, remote_id, lost)
        SELECT now(), now(), id, attempt, node_id, remote_id, false FROM changed WHERE node_id IS NOT NULL
        RETURNING pg_notify('{CHANNEL}', '{RELEASE}') AS told
    )
    {RECORD}, (SELECT count(told) FROM stray) AS strays
"""  # noqa: S608 - constants only
_CANCEL_ONE = _CANCEL.format(skip="")
_CANCEL_MANY = _CANCEL.format(skip="SKIP LOCKED")

_MARK = f"""
    WITH marked AS (
        SELECT e.id, n.status = 'unreachable' AS unreachable FROM executions e JOIN oaas_nodes n ON n.id = e.node_id
        WHERE e.{OPEN} AND e.node_unreachable <> (n.status = 'unreachable')
        FOR UPDATE OF e SKIP LOCKED
    ), changed AS (
        UPDATE executions e SET node_unreachable = marked.unreachable, {TOUCH}
        FROM marked WHERE e.id = marked.id
        RETURNING e.*
    )
    {RECORD}
"""  # noqa: S608 - constants only

# Nodes that are away for too long, or that were removed. What had not begun, as far as is known, is no loss.
_GIVE_UP = f"""
    WITH lost AS (
        SELECT e.id, e.losses + (e.state <> 'queued')::int AS losses FROM executions e
        LEFT JOIN oaas_nodes n ON n.id = e.node_id
        WHERE e.node_id IS NOT NULL AND e.{OPEN}
          AND (n.id IS NULL OR (n.status = 'unreachable' AND n.last_seen_at < now() - make_interval(secs => $1)))
        FOR UPDATE OF e SKIP LOCKED
    ), stray AS (
        INSERT INTO stray_attempts (created_at, modified_at, execution_id, attempt, node_id, remote_id, lost)
        SELECT now(), now(), e.id, e.attempt, e.node_id, e.remote_id, true FROM executions e JOIN lost USING (id)
        ON CONFLICT DO NOTHING
    ), changed AS (
        UPDATE executions e SET losses = lost.losses, node_unreachable = false, report = '{{}}', {TOUCH},
            state = CASE WHEN lost.losses < e.max_attempts THEN 'queued' ELSE 'failed' END,
            node_id = CASE WHEN lost.losses < e.max_attempts THEN NULL ELSE e.node_id END,
            remote_id = CASE WHEN lost.losses < e.max_attempts THEN NULL ELSE e.remote_id END,
            started_at = CASE WHEN lost.losses < e.max_attempts THEN NULL ELSE e.started_at END,
            error = CASE WHEN lost.losses < e.max_attempts THEN NULL ELSE $2::jsonb END,
            finished_at = CASE WHEN lost.losses < e.max_attempts THEN NULL ELSE now() END,
            waiting_reason = CASE WHEN lost.losses < e.max_attempts THEN $3 END
        FROM lost WHERE e.id = lost.id
        RETURNING e.*
    ), queue AS (
        SELECT pg_notify('{CHANNEL}', '{QUEUE}') FROM changed LIMIT 1
    )
    {RECORD}, (SELECT count(*) FROM queue) AS queued
"""  # noqa: S608 - constants only

# A node that forgot an attempt: the same for one.
_LOSE = f"""
    WITH changed AS (
        UPDATE executions e SET losses = losses + 1, node_unreachable = false, report = '{{}}', {TOUCH},
            state = CASE WHEN losses + 1 < max_attempts THEN 'queued' ELSE 'failed' END,
            node_id = CASE WHEN losses + 1 < max_attempts THEN NULL ELSE node_id END,
            remote_id = CASE WHEN losses + 1 < max_attempts THEN NULL ELSE remote_id END,
            started_at = CASE WHEN losses + 1 < max_attempts THEN NULL ELSE started_at END,
            error = CASE WHEN losses + 1 < max_attempts THEN NULL ELSE $4::jsonb END,
            finished_at = CASE WHEN losses + 1 < max_attempts THEN NULL ELSE now() END,
            waiting_reason = CASE WHEN losses + 1 < max_attempts THEN $5 END
        WHERE id = $1 AND attempt = $2 AND node_id = $3 AND {OPEN}
        RETURNING e.*
    )
    {RECORD}
"""  # noqa: S608 - constants only

_OF_NODE = f"SELECT count(*) FROM executions WHERE node_id = $1 AND {OPEN}"  # noqa: S608 - constants only

_COUNTS = f"SELECT state, count(*) FROM executions WHERE {OPEN} GROUP BY 1"  # noqa: S608 - constants only


class TransitionQueries:
    """Moves executions between the queue, nodes and their ends."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, changes: Changes) -> None:
        self._pool = pool
        self._listener = listener
        self._changes = changes

    async def queues(self) -> list[tuple[float, Wish]]:
        """What waiting executions ask for, with the place of the best placed one of each."""
        with translated():
            return [(row["rank"], wishes.read(row["wish"])) for row in await self._pool.fetch(_QUEUES)]

    async def next_rested(self) -> float | None:
        """Seconds until an execution that rests may be placed again."""
        with translated():
            seconds: float | None = await self._pool.fetchval(_NEXT_RESTED)
        return seconds

    async def place(self, wish: Wish, nodes: Sequence[int]) -> list[tuple[float, Placed]]:
        """Give the best placed executions that wait to these nodes, one to each, with their places; perhaps fewer."""
        with translated():
            rows = await self._pool.fetch(_PLACE, wishes.written(wish), list(nodes))
        return [(row["rank"], placed_of(row)) for row in rows]

    async def silent(self, seconds: float, limit: int) -> list[Placed]:
        """Executions of which nothing was heard for so long, some of each node that should answer."""
        with translated():
            return [placed_of(row) for row in await self._pool.fetch(_SILENT, seconds, limit)]

    async def heard(self, attempt: Attempt) -> None:
        """The node was asked, and has nothing new to say."""
        with translated():
            await self._pool.execute(_HEARD, *attempt)

    async def is_open(self, attempt: Attempt) -> bool:
        """Whether the execution goes on in this attempt."""
        with translated():
            found: bool = await self._pool.fetchval(_IS_OPEN, *attempt)
        return found

    async def withdraw(self, attempt: Attempt, reason: str, *, rest: float) -> bool:
        """Back to the queue, for so many seconds at least: the node certainly does not have it."""
        found = await self._change(_WITHDRAW, *attempt, reason, rest)
        return bool(found)

    async def reported(self, attempt: Attempt, report: Report) -> bool:
        """What a node says of an execution that goes on; False when it is old, or too late."""
        return bool(await self._change(_REPORTED, *attempt, report.state.value, *_reported(report)))

    async def finish(
        self, attempt: Attempt, outcome: Outcome, report: Report | None = None
    ) -> FederatedExecution | None:
        """To a terminal state, with the output; None when the execution is not in this attempt any more."""
        assert outcome.state.terminal
        large = outcome.output if isinstance(outcome.output, LargeDocument) else None
        reported = (None,) * 4 if report is None else _reported(report)
        document = (None, large.id) if large is not None else (outcome.output, None)
        ended = (outcome.state.value, *reported, outcome.error, outcome.output_bytes, *document)
        changed = await self._change(_FINISH, *attempt, *ended, large=large)
        return changed[0] if changed else None

    async def cancel(self, id_: int, error: dict[str, Any]) -> FederatedExecution | None:
        """To ``cancelled`` from every state that is not terminal; None when it was terminal."""
        changed = await self._change(_CANCEL_ONE, [id_], error)
        return changed[0] if changed else None

    async def cancel_all(self, ids: Sequence[int], error: dict[str, Any]) -> None:
        """The same for some hundreds in one commit, without those that are being changed at this moment."""
        await self._change(_CANCEL_MANY, list(ids), error)

    async def mark_unreachable(self) -> None:
        """Show executions as their nodes are: away, or there again."""
        await self._change(_MARK)

    async def give_up(self, seconds: float, error: dict[str, Any], reason: str) -> list[FederatedExecution]:
        """Take executions back from nodes that are away for so long; ``error`` is for those that end by it."""
        return await self._change(_GIVE_UP, seconds, error, reason)

    async def lose(self, attempt: Attempt, error: dict[str, Any], reason: str) -> bool:
        """Take an execution back: its node has forgotten it. ``error``: if it ends by it."""
        return bool(await self._change(_LOSE, *attempt, error, reason))

    async def open_on(self, node_id: int) -> int:
        """How many executions a node has."""
        with translated():
            count: int = await self._pool.fetchval(_OF_NODE, node_id)
        return count

    async def count_open(self) -> dict[str, int]:
        """How many executions wait or run, by state."""
        with translated():
            rows = await self._pool.fetch(_COUNTS)
        counts = dict.fromkeys((ExecutionState.QUEUED, *sorted(ACTIVE, reverse=True)), 0)
        return {str(state): count for state, count in (counts | {row["state"]: row["count"] for row in rows}).items()}

    async def _change(
        self, statement: str, *arguments: object, large: LargeDocument | None = None
    ) -> list[FederatedExecution]:
        """Make a transition, and wake who watches. If there is a change, ``large`` is part of it."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(statement, *arguments)
                if rows and large is not None:
                    await keep(connection, large)
        executions = [execution_of(row) for row in rows]
        for execution in executions:
            self._changes.publish(execution)
            self._listener.wake(execution_topic(execution.id))
        if any(each.state.terminal or each.state is ExecutionState.QUEUED for each in executions):
            self._listener.wake(QUEUE)
        if any(each.state is ExecutionState.CANCELLED for each in executions):
            self._listener.wake(RELEASE)
        return executions


def _reported(report: Report) -> tuple[object, ...]:
    """What a report says beside the state."""
    return report.remote_id, report.sequence, report.facts, report.started_at
