"""The bound: what the three commits of an execution cost when nothing else is done.

One INSERT and two UPDATEs of a row in a table like ours, each committed, by asyncpg, on the server of the node with its
settings. No validation, no HTTP, no instance, no indexes but the primary key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
from loads import Operation
from submissions import NUMBERS, TOTAL

_INPUT = msgspec.json.encode({"numbers": NUMBERS})
_OUTPUT = msgspec.json.encode({"sum": TOTAL})
_TABLE = """
    CREATE TABLE runs (
        id bigserial PRIMARY KEY, algorithm_id bigint NOT NULL, algorithm_name text NOT NULL, state text NOT NULL,
        attempt int NOT NULL, instance_id bigint, secret text, input bytea NOT NULL, output bytea,
        created_at timestamptz NOT NULL, started_at timestamptz, finished_at timestamptz, modified_at timestamptz
    )
"""
_SUBMIT = """
    INSERT INTO runs (algorithm_id, algorithm_name, state, attempt, input, created_at, modified_at)
    VALUES (1, 'noop', 'queued', 0, $1, now(), now()) RETURNING id
"""
_START = """
    UPDATE runs SET state = 'running', attempt = attempt + 1, instance_id = 1, secret = $2, started_at = now(),
        modified_at = now() WHERE id = $1 AND state = 'queued'
"""
_FINISH = """
    UPDATE runs SET state = 'succeeded', output = $2, finished_at = now(), modified_at = now()
    WHERE id = $1 AND state = 'running'
"""
_SECRET = "s" * 43


async def new_database(dsn: str, name: str) -> str:
    """URL of a new database on the same server."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@asynccontextmanager
async def three_writes(dsn: str, count: int) -> AsyncIterator[list[Operation]]:
    """Clients with a connection each that do the three writes, in a database of their own on the server of ``dsn``."""
    own = await new_database(dsn, "bound")
    connections = await asyncio.gather(*(asyncpg.connect(own) for _ in range(count)))
    try:
        assert await connections[0].fetchval("SHOW synchronous_commit") == "on"
        await connections[0].execute(_TABLE)
        yield [_client(connection) for connection in connections]
        wrong = await connections[0].fetchval("SELECT count(*) FROM runs WHERE state <> 'succeeded'")
        assert wrong == 0, f"{wrong} rows are half done"
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))


def _client(connection: asyncpg.Connection) -> Operation:
    async def operation() -> None:
        id_ = await connection.fetchval(_SUBMIT, _INPUT)
        assert await connection.execute(_START, id_, _SECRET) == "UPDATE 1"
        assert await connection.execute(_FINISH, id_, _OUTPUT) == "UPDATE 1"

    return operation
