"""Documents in parts. A small document is a column of its execution's; a large one has rows of its own here."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from oaasplatform.database.errors import translated
from oaasplatform.domain.documents import LARGE_BYTES, PART_BYTES, DocumentStream, LargeDocument
from oaasplatform.domain.errors import DatabaseUnavailable

_REST = 3.0
"""After each part large documents rest so many times as long as it took: the database is there for everybody else."""

_BEGIN = "INSERT INTO document_uploads (id, touched_at) VALUES (nextval($1), now()) RETURNING id"

# Nobody needs a part before the commit of the execution, and that makes the parts before it durable, too.
_WRITE = """
    WITH quick AS MATERIALIZED (
        SELECT set_config('synchronous_commit', 'off', true)
    ), touched AS (
        UPDATE document_uploads SET touched_at = now() FROM quick WHERE id = $1 RETURNING id
    )
    INSERT INTO document_parts (document_id, part, body) SELECT id, $2, $3 FROM touched RETURNING part
"""

_COPY = _WRITE.replace(
    "SELECT id, $2, $3 FROM touched",
    """
    SELECT touched.id, $2, p.body FROM touched, document_parts p WHERE p.document_id = $3 AND p.part = $2
""",
)

_SIZE = """
    SELECT count(*) AS parts, sum(octet_length(body))::bigint AS bytes FROM document_parts WHERE document_id = $1
"""

_IDLE = "SELECT id FROM document_uploads WHERE touched_at < now() - $1::interval"

_READ = "SELECT body FROM document_parts WHERE document_id = $1 AND part = $2"


class Turns:
    """Lets the parts of all large documents through one by one, with rests between them."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Wait for a turn, and take it."""
        async with self._lock:
            began = time.monotonic()
            yield
            await asyncio.sleep(_REST * (time.monotonic() - began))


class DocumentUpload:
    """A document on its way in, part by part."""

    def __init__(self, pool: asyncpg.Pool, turns: Turns, sequence: str) -> None:
        self.id: int | None = None
        """Once something of it is stored."""
        self._pool = pool
        self._turns = turns
        self._sequence = sequence
        self._parts = 0
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._buffer = bytearray()

    async def write(self, chunk: bytes) -> None:
        """See :class:`~oaasplatform.domain.documents.Upload`."""
        self._size += len(chunk)
        self._sha256.update(chunk)
        self._buffer += chunk
        while len(self._buffer) > (LARGE_BYTES if self.id is None else PART_BYTES):
            await self._store_next()

    async def finish(self) -> bytes | LargeDocument:
        """See :class:`~oaasplatform.domain.documents.Upload`."""
        if self.id is None:
            return bytes(self._buffer)
        while self._buffer:
            await self._store_next()
        return LargeDocument(id=self.id, size=self._size, sha256=self._sha256.digest())

    async def _store_next(self) -> None:
        part = bytes(memoryview(self._buffer)[:PART_BYTES])
        del self._buffer[:PART_BYTES]
        with translated():
            async with self._turns.next():
                if self.id is None:
                    self.id = await self._pool.fetchval(_BEGIN, self._sequence)
                stored = await self._pool.fetchval(_WRITE, self.id, self._parts, part)
        if stored is None:
            raise _swept()
        self._parts += 1


class DocumentQueries:
    """Takes in, reads and forgets large documents."""

    def __init__(self, pool: asyncpg.Pool, sequence: str = "executions_id_seq") -> None:
        """``sequence``: that executions have their ids of."""
        self._pool = pool
        self._turns = Turns()
        self._sequence = sequence

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[DocumentUpload]:
        """See :class:`~oaasplatform.domain.documents.Uploads`."""
        upload = DocumentUpload(self._pool, self._turns, self._sequence)
        try:
            yield upload
        except BaseException:
            if upload.id is not None:
                # If that fails, the janitor does it.
                with contextlib.suppress(DatabaseUnavailable):
                    await self._forget(upload.id)
            raise

    async def copy(self, id_: int, sha256: bytes) -> LargeDocument:
        """A second one, which is nobody's yet. ``sha256``: of both."""
        with translated():
            copy: int = await self._pool.fetchval(_BEGIN, self._sequence)
            parts, size = await self._pool.fetchrow(_SIZE, id_)
            for number in range(parts):
                async with self._turns.next():
                    stored = await self._pool.fetchval(_COPY, copy, number, id_)
                if stored is None:
                    raise _swept()
        return LargeDocument(id=copy, size=size, sha256=sha256)

    async def read(self, id_: int) -> DocumentStream:
        """A stored document, to be read part by part."""
        with translated():
            parts, size = await self._pool.fetchrow(_SIZE, id_)
        return DocumentStream(size=size or 0, chunks=self._read(id_, parts))

    async def _read(self, id_: int, parts: int) -> AsyncIterator[bytes]:
        for number in range(parts):
            with translated():
                async with self._turns.next():
                    part: bytes | None = await self._pool.fetchval(_READ, id_, number)
            if part is None:
                raise DatabaseUnavailable("The document was removed while it was read.")
            yield part

    async def discard(self, document: LargeDocument) -> None:
        """See :class:`~oaasplatform.domain.documents.Uploads`."""
        await self._forget(document.id)

    async def _forget(self, id_: int) -> None:
        """Forget an upload, unless it became an execution's."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                # In this order: a part that is just being stored holds the first row, and is seen afterwards.
                if await connection.fetchval("DELETE FROM document_uploads WHERE id = $1 RETURNING id", id_):
                    await connection.execute("DELETE FROM document_parts WHERE document_id = $1", id_)

    async def sweep(self, age: timedelta) -> int:
        """Forget uploads that nothing has come of for so long: those who made them are gone. How many there were."""
        with translated():
            idle = await self._pool.fetch(
                "SELECT id FROM document_uploads WHERE touched_at < now() - $1::interval", age
            )
        for row in idle:
            await self._forget(row["id"])
        return len(idle)


async def keep(connection: asyncpg.Connection, document: LargeDocument) -> None:
    """Make a document that of an execution, with the commit of this transaction.

    Raises:
        DatabaseUnavailable: it was swept away, because it took too long.
    """
    if not await connection.fetchval("DELETE FROM document_uploads WHERE id = $1 RETURNING id", document.id):
        raise _swept()


def _swept() -> DatabaseUnavailable:
    return DatabaseUnavailable("The document has not gone on for too long, and was given up; send it again.")
