"""Inputs and outputs as executions have them, on a node as on a master."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg

from oaasplatform.database.errors import translated


class ExecutionDocuments:
    """Reads them. What is large is only named here: ``documents`` has its parts."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def input(self, id_: int) -> bytes | int | None:
        """The input document; of a large one its number."""
        return await self._document("execution_inputs", id_)

    async def output(self, id_: int) -> bytes | int | None:
        """The output document, once there is one; of a large one its number."""
        return await self._document("execution_outputs", id_)

    async def outputs(self, ids: Collection[int]) -> dict[int, bytes]:
        """Outputs by execution, of those that have one which is not large."""
        statement = "SELECT execution_id, body FROM execution_outputs WHERE execution_id = ANY($1) AND body IS NOT NULL"
        with translated():
            return {row["execution_id"]: row["body"] for row in await self._pool.fetch(statement, list(ids))}

    async def _document(self, table: str, id_: int) -> bytes | int | None:
        with translated():
            row = await self._pool.fetchrow(
                f"SELECT body, document_id FROM {table} WHERE execution_id = $1",  # noqa: S608 - constant table names
                id_,
            )
        if row is None:
            return None
        document: bytes | int = row["document_id"] if row["body"] is None else row["body"]
        return document
