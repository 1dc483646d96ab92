"""Executions that are over, in partitions by ranges of ids: made ahead of time, dropped when all in them is old."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import structlog

from oaasplatform.database.errors import translated

_AHEAD = 2
"""Partitions beyond the one that is being filled."""
_LOCK = 0x0AA5_0003
_LOCK_SECONDS = 5
PARTITION = 1_000_000
"""Ids in a partition, as ``oaas_partition`` of the migrations has it."""
_TABLES = (
    "execution_history",
    "execution_events",
    "execution_inputs",
    "execution_outputs",
    "execution_logs",
    "document_parts",
)
"""A large document has a number of the same sequence, which is never less than that of its execution."""

_PREPARE = """
    SELECT oaas_partition(number)
    FROM executions_id_seq, generate_series(last_value / $1, last_value / $1 + $2) AS number
"""

# Of the partitions that no execution which goes on has anything in, oldest first.
_FULL = """
    SELECT number FROM (
        SELECT substring(relname FROM '[0-9]+$')::bigint AS number
        FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'execution_history'::regclass
    ) AS partitions, executions_id_seq
    WHERE (number + 1) * $1 <= LEAST(last_value, (SELECT COALESCE(min(id), last_value) FROM executions))
    ORDER BY number
"""

_FORGET_CALLBACKS = "DELETE FROM callbacks WHERE execution_id >= $1 AND execution_id < $2"
_FORGET_BATCHES = "DELETE FROM execution_batches WHERE last_id < $1"

log = structlog.get_logger(__name__)


class HistoryQueries:
    """Keeps the partitions."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def prepare(self) -> None:
        """Make the partitions that will be needed next."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
                await connection.execute(_PREPARE, PARTITION, _AHEAD)

    async def forget(self, age: timedelta) -> int:
        """Drop the oldest partitions as long as all in them was submitted more than ``age`` ago; how many."""
        dropped = 0
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
                await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
                for row in await connection.fetch(_FULL, PARTITION):
                    number: int = row["number"]
                    newest = await connection.fetchval(
                        f"SELECT max(created_at) < now() - $1::interval FROM execution_history_{number}",  # noqa: S608
                        age,
                    )
                    if newest is False:
                        break
                    for table in _TABLES:
                        await connection.execute(f"DROP TABLE {table}_{number}")
                    await connection.execute(_FORGET_CALLBACKS, number * PARTITION, (number + 1) * PARTITION)
                    await connection.execute(_FORGET_BATCHES, (number + 1) * PARTITION)
                    log.info("history forgotten", executions=f"{number * PARTITION} to {(number + 1) * PARTITION - 1}")
                    dropped += 1
        return dropped

    async def forget_keys(self, age: timedelta) -> None:
        """Drop idempotency keys that are older."""
        with translated():
            await self._pool.execute("DELETE FROM idempotency_keys WHERE created_at < now() - $1::interval", age)
