"""Fills a node's tables with executions: copies of one that has really run, made inside the server.

Nothing is known of the tables but that they are called ``executions`` or ``execution_...``, and that a row names its
execution as ``execution_id``, or else as ``id``. Columns come from the catalogue. Times go back from now, so that they
rise with the ids.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg

CHUNK = 100_000
"""Executions in one statement."""
SESSIONS = 2
REST_SECONDS = 1.0
"""An execution of which nothing has changed for so long is complete: its log is there too."""

_TABLES = """
    SELECT c.oid::regclass::text AS name,
        CASE WHEN bool_or(a.attname = 'execution_id') THEN 'execution_id' ELSE 'id' END AS key,
        (SELECT count(*) FROM pg_index WHERE indrelid = c.oid) AS indexes
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
        AND c.relname ~ '^execution(s$|_)'
    GROUP BY c.oid
"""
# Other columns that count by themselves get their next value; generated ones can't be written.
_COLUMNS = """
    SELECT quote_ident(a.attname) AS name, a.atttypid = 'timestamptz'::regtype AS moves
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND (a.attname = $2
            OR (a.attidentity = '' AND COALESCE(pg_get_expr(d.adbin, d.adrelid), '') NOT LIKE 'nextval%'))
"""
_PARTITION = """
    SELECT pg_get_expr(c.relpartbound, c.oid)
    FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_class p ON p.oid = inhparent
    WHERE p.relname ~ '^execution(s$|_)' LIMIT 1
"""
_MAKES_PARTITIONS = "SELECT to_regprocedure('oaas_partition(bigint)') IS NOT NULL"


@dataclass(frozen=True)
class Table:
    """One table that has rows of the template."""

    name: str
    copy: str
    """Statement: template, first id, last id, last id of all."""
    row_bytes: int
    """About what the rows of one execution take, with their index entries."""


@dataclass(frozen=True)
class Template:
    """The execution that is copied."""

    id: int
    tables: list[Table]

    @property
    def bytes(self) -> int:
        """About what one copy takes on the disk."""
        return sum(table.row_bytes for table in self.tables)


async def template(connection: asyncpg.Connection, id_: int) -> Template:
    """Read what the tables have of an execution that is over, once nothing of it changes any more."""
    found = await connection.fetch(_TABLES)
    before, rows = None, await _versions(connection, found, id_)
    while rows != before:
        await asyncio.sleep(REST_SECONDS)
        before, rows = rows, await _versions(connection, found, id_)
    tables = []
    for each in found:
        size = await connection.fetchval(
            f"SELECT sum(pg_column_size(t.*) + 8 + 30 * $2::bigint) FROM {each['name']} t WHERE {each['key']} = $1",
            id_,
            each["indexes"],
        )
        if size is not None:
            copy = await _copy_statement(connection, each["name"], each["key"])
            tables.append(Table(each["name"], copy, int(size)))
    return Template(id_, tables)


async def fill(dsn: str, source: Template, rows: int) -> int:
    """Make ``rows`` copies, and let the tables be as after a night of rest. Returns the first of their ids."""
    connection = await asyncpg.connect(dsn)
    try:
        sequence = await connection.fetchval("SELECT pg_get_serial_sequence('executions', 'id')")
        first = await connection.fetchval(f"SELECT last_value + 1 FROM {sequence}")
        last = first + rows - 1
        # What is submitted meanwhile comes after the copies.
        await connection.execute(f"SELECT setval('{sequence}', {last})")
        await _make_partitions(connection, first, last)
        chunks = iter([(low, min(low + CHUNK - 1, last)) for low in range(first, last + 1, CHUNK)])
        async with asyncio.TaskGroup() as sessions:
            for _ in range(SESSIONS):
                sessions.create_task(_copy_chunks(dsn, source, chunks, last))
        for table in source.tables:
            await connection.execute(f"VACUUM (ANALYZE) {table.name}")
        await connection.execute("CHECKPOINT")
        return int(first)
    finally:
        await connection.close()


async def _versions(connection: asyncpg.Connection, tables: list[asyncpg.Record], id_: int) -> list[str]:
    queries = (f"SELECT '{t['name']}' || xmin || ctid FROM {t['name']} WHERE {t['key']} = $1" for t in tables)
    return sorted(row[0] for row in await connection.fetch(" UNION ALL ".join(queries), id_))


async def _copy_statement(connection: asyncpg.Connection, table: str, key: str) -> str:
    names, values = [], []
    for column in await connection.fetch(_COLUMNS, table, key):
        name = column["name"]
        names.append(name)
        if name == key:
            values.append("number")
        elif column["moves"]:
            values.append(f"t.{name} - ($4::bigint - number) * interval '0.1 ms'")
        else:
            values.append(f"t.{name}")
    return (
        f"INSERT INTO {table} ({', '.join(names)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values)} "
        f"FROM generate_series($2::bigint, $3::bigint) AS number, {table} t "
        f"WHERE t.{key} = $1::bigint AND number <= $4::bigint"
    )


async def _make_partitions(connection: asyncpg.Connection, first: int, last: int) -> None:
    bounds = await connection.fetchval(_PARTITION)
    if bounds is None or not await connection.fetchval(_MAKES_PARTITIONS):
        return
    found = re.search(r"FROM \('?(\d+)'?\) TO \('?(\d+)'?\)", bounds)
    assert found is not None, bounds
    size = int(found[2]) - int(found[1])
    await connection.execute(
        f"SELECT oaas_partition(number) FROM generate_series({first // size}::bigint, {last // size + 1}) AS number"
    )


async def _copy_chunks(dsn: str, source: Template, chunks: Iterator[tuple[int, int]], last: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET synchronous_commit = off")
        for low, high in chunks:
            async with connection.transaction():
                for table in source.tables:
                    await connection.execute(table.copy, source.id, low, high, last)
    finally:
        await connection.close()
