"""From the queue to the slots of instances."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from oaasplatform.database.changes import Changes
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import Listener, execution_topic
from oaasplatform.database.queries.execution_rows import (
    RECORD,
    TAKEN,
    TAKES,
    TARGET,
    TOUCH,
    USER,
    execution_of,
    taken,
    target_of,
)
from oaasplatform.domain.executions import Assignment, Claim, ReadyInstance

_READY = f"""
    SELECT i.id, i.repository_id, i.concurrency, i.launch_batch, i.standby,
        r.max_concurrent_executions IS NOT NULL AS limited, {TARGET}
    FROM instances i JOIN algorithm_repositories r ON r.id = i.repository_id WHERE {TAKES}
"""  # noqa: S608 - constants only

_CANDIDATES = f"""
    SELECT i.id FROM instances i
    WHERE {TAKES} AND EXISTS (
        SELECT FROM executions e
        WHERE e.state = 'queued' AND e.repository_id = i.repository_id
          AND (e.requested_instance_id IS NULL OR e.requested_instance_id = i.id)
          AND (e.not_before IS NULL OR e.not_before <= now()))
    ORDER BY i.standby, i.concurrency - {TAKEN} DESC, i.id
"""  # noqa: S608 - constants only

_MAY_RUN = "(e.requested_instance_id IS NULL OR e.requested_instance_id = $1)"

# Of all that may run there, the best placed. The repository is an argument, so that the order comes out of the index.
_BEST = f"""
    SELECT e.id FROM executions e
    WHERE e.state = 'queued' AND e.repository_id = $7
      AND {_MAY_RUN}
      AND (e.not_before IS NULL OR e.not_before <= now())
    ORDER BY e.rank, e.id
    LIMIT GREATEST((SELECT free FROM slot), 0)
    FOR UPDATE OF e SKIP LOCKED
"""  # noqa: S608 - constants only

# The same, where nobody has more than $8 executions at a time: of each user who has some in the queue (found one after
# the other, whatever their number), the best placed ones, as many as that leaves; of these the best.
_BEST_OF_EACH = f"""
    WITH RECURSIVE users AS (
        (SELECT {USER} AS name FROM executions WHERE state = 'queued' AND repository_id = $7 ORDER BY 1 LIMIT 1)
        UNION ALL
        SELECT (SELECT {USER} FROM executions
            WHERE state = 'queued' AND repository_id = $7 AND {USER} > users.name ORDER BY 1 LIMIT 1)
        FROM users WHERE users.name IS NOT NULL
    ), best AS (
        SELECT e.id, e.rank FROM users, slot, LATERAL (
            SELECT e.id, e.rank FROM executions e
            WHERE e.state = 'queued' AND e.repository_id = $7 AND {USER} = users.name
              AND {_MAY_RUN}
              AND (e.not_before IS NULL OR e.not_before <= now())
            ORDER BY e.rank, e.id
            LIMIT CASE WHEN users.name = '' THEN GREATEST(slot.free, 0)
                ELSE GREATEST(LEAST(slot.free, $8::int - {taken("e.user_id = users.name")}), 0) END
        ) AS e
        WHERE users.name IS NOT NULL
        ORDER BY e.rank, e.id LIMIT GREATEST((SELECT free FROM slot), 0)
    )
    SELECT e.id FROM executions e JOIN best ON best.id = e.id WHERE e.state = 'queued' FOR UPDATE OF e SKIP LOCKED
"""  # noqa: S608 - constants only

# The row lock on the instance keeps two dispatchers from filling the same slots, and holds off its loss meanwhile. The
# number of the term keeps a former leader, which does not know yet that it is one, from claiming.
_CLAIM_HEAD = f"""
    WITH slot AS MATERIALIZED (
        SELECT i.id, i.generation, i.digest, i.quota, {{free}} AS free
        FROM instances i
        WHERE i.id = $1 AND i.generation = $2 AND {TAKES} AND NOT EXISTS (SELECT FROM nodes WHERE term > $6)
        FOR NO KEY UPDATE
    ), picked AS MATERIALIZED (
"""  # noqa: S608 - constants only

_CLAIM_REST = f"""
    ), changed AS (
        UPDATE executions e SET state = 'starting', attempt = attempt + 1, instance_id = slot.id,
            instance_generation = slot.generation, digest = slot.digest, quota = slot.quota, handle = NULL,
            secret = replace(gen_random_uuid()::text, '-', ''), sequence = -2,
            waiting_reason = NULL, progress_message = NULL, progress_fraction = NULL, incumbent = NULL,
            started_at = now(),
            poll_at = now() + make_interval(secs => $3),
            deadline_at = now() + make_interval(secs => max_running_time + $4), {TOUCH}
        FROM picked, slot WHERE e.id = picked.id
        RETURNING e.*
    )
    {RECORD.replace("SELECT changed.*, (", "SELECT slot.free, a.reference, i.body, i.document_id, changed.*, (")}
    JOIN algorithms a ON a.id = changed.algorithm_id JOIN execution_inputs i ON i.execution_id = changed.id
    RIGHT JOIN slot ON true ORDER BY changed.rank, changed.id
"""  # noqa: S608 - constants only

_FREE = f"i.concurrency + $5::int - {TAKEN}"

# What the limit of the repository leaves. It is that of all its instances: exact as long as one process claims.
_LEFT = f"""(
    SELECT r.max_concurrent_executions - {taken("e.repository_id = r.id")}
    FROM algorithm_repositories r WHERE r.id = i.repository_id)
"""  # noqa: S608 - constants only

# Whether another instance of the repository would take what is queued. Its row is not locked: at worst one on standby
# takes an execution just before a slot gets free elsewhere.
_OTHERS_TAKE = f"""EXISTS (
    SELECT FROM instances i JOIN instances own ON own.repository_id = i.repository_id
    WHERE own.id = $1 AND i.id <> own.id AND NOT i.standby AND {TAKES} AND i.concurrency > {TAKEN})
"""

# Those that name the instance on standby get it all the same.
_MAY_RUN_SPARE = f"(e.requested_instance_id = $1 OR (e.requested_instance_id IS NULL AND NOT {_OTHERS_TAKE}))"


def _claim(*, by_user: bool, limited: bool, standby: bool) -> str:
    """The statement that looks at what it has to look at, and at nothing else."""
    free = f"LEAST({_FREE}, {_LEFT})" if limited else _FREE
    best = _BEST_OF_EACH if by_user else _BEST
    if standby:
        best = best.replace(_MAY_RUN, _MAY_RUN_SPARE)
    return _CLAIM_HEAD.format(free=free) + best + _CLAIM_REST


_CLAIMS = {
    (by_user, limited, standby): _claim(by_user=by_user, limited=limited, standby=standby)
    for by_user in (False, True)
    for limited in (False, True)
    for standby in (False, True)
}

_NEXT_RESTED = """
    SELECT extract(epoch FROM min(not_before) - now())::float8 FROM executions
    WHERE state = 'queued' AND not_before > now()
"""


class ClaimQueries:
    """Gives executions to instances."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, changes: Changes) -> None:
        self._pool = pool
        self._listener = listener
        self._changes = changes

    async def ready(self) -> list[ReadyInstance]:
        """All instances that take executions."""
        with translated():
            rows = await self._pool.fetch(_READY)
        return [
            ReadyInstance(
                id=row["id"],
                repository_id=row["repository_id"],
                protocol=row["protocol"],
                target=target_of(row, row["id"]),
                concurrency=row["concurrency"],
                launch_batch=row["launch_batch"],
                standby=row["standby"],
                limited=row["limited"],
            )
            for row in rows
        ]

    async def candidates(self) -> list[int]:
        """Ready instances for which something is queued: those on standby last, those with most free slots first."""
        with translated():
            return [row["id"] for row in await self._pool.fetch(_CANDIDATES)]

    async def claim(
        self,
        instance: ReadyInstance,
        *,
        term: int,
        launch_seconds: float,
        deadline_grace: float,
        beyond: int = 0,
        user_limit: int | None = None,
    ) -> tuple[list[Claim], bool]:
        """Give queued executions the free slots of an instance, the best placed first: ``queued → starting``.

        With them comes whether slots are left, so that nothing is in the queue before the instance.

        ``term``: in which this process leads; nothing is claimed when there is a newer one.
        ``launch_seconds``: the instance is asked what became of the run if the launch reports nothing until then.
        ``deadline_grace``: seconds beyond the time limit that the instance has to report the time-out itself.
        ``beyond``: executions that wait within the instance for a slot.
        ``user_limit``: executions that a user has at the same time, at most, on all instances; it is exact as long as
        one process claims.
        """
        arguments = [
            instance.id,
            instance.target.generation,
            launch_seconds,
            deadline_grace,
            beyond,
            term,
            instance.repository_id,
        ]
        if user_limit is not None:
            arguments.append(user_limit)
        statement = _CLAIMS[user_limit is not None, instance.limited, instance.standby]
        with translated():
            rows: Sequence[asyncpg.Record] = await self._pool.fetch(statement, *arguments)
        claims = [self._claim(instance, row) for row in rows if row["id"] is not None]
        # With a limit, or on standby, an instance has free slots while others wait.
        plain = user_limit is None and not instance.limited and not instance.standby
        return claims, plain and bool(rows) and len(claims) < rows[0]["free"]

    def _claim(self, instance: ReadyInstance, row: asyncpg.Record) -> Claim:
        execution = execution_of(row)
        self._listener.wake(execution_topic(execution.id))
        self._changes.publish(execution)
        return Claim(
            assignment=Assignment(
                execution=execution,
                secret=row["secret"],
                handle=None,
                protocol=instance.protocol,
                target=instance.target,
            ),
            reference=row["reference"],
            input=row["document_id"] if row["body"] is None else row["body"],
        )

    async def next_rested(self) -> float | None:
        """Seconds until the next queued execution that rests may be claimed."""
        with translated():
            seconds: float | None = await self._pool.fetchval(_NEXT_RESTED)
        return seconds
