"""Algorithms of all nodes."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from oaasplatform.database.errors import translated
from oaasplatform.domain.errors import NotFound
from oaasplatform.domain.paging import Paging
from oaasplatform.master.domain.catalogue import Algorithm, AlgorithmFilter, Offer
from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.schemas.federation import CatalogueEntry

# In the order of the unique key, so that two heartbeats at once wait for each other instead of blocking each other.
_STORE = """
    INSERT INTO catalogue_algorithms (created_at, modified_at, repository_name, name, version, description,
        input_schema, output_schema, error_schema, examples)
    SELECT now(), now(), e.* FROM jsonb_to_recordset($1) AS e(repository_name text, name text, version text,
        description text, input_schema jsonb, output_schema jsonb, error_schema jsonb, examples jsonb)
    ORDER BY 3, 4, 5
    ON CONFLICT (repository_name, name, version) DO UPDATE SET modified_at = now(), description = EXCLUDED.description,
        input_schema = EXCLUDED.input_schema, output_schema = EXCLUDED.output_schema,
        error_schema = EXCLUDED.error_schema, examples = EXCLUDED.examples
    WHERE (catalogue_algorithms.description, catalogue_algorithms.input_schema, catalogue_algorithms.output_schema,
        catalogue_algorithms.error_schema, catalogue_algorithms.examples) IS DISTINCT FROM (EXCLUDED.description,
        EXCLUDED.input_schema, EXCLUDED.output_schema, EXCLUDED.error_schema, EXCLUDED.examples)
"""
_WITHDRAW = "DELETE FROM catalogue_offers WHERE node_id = $1"
_OFFER = """
    INSERT INTO catalogue_offers (node_id, algorithm_id, remote_algorithm_id, remote_repository_id)
    SELECT $1, a.id, e.algorithm_id, e.repository_id
    FROM jsonb_to_recordset($2) AS e(repository_name text, name text, version text, algorithm_id bigint,
        repository_id bigint)
    JOIN catalogue_algorithms a USING (repository_name, name, version)
"""
_KNOWN = "UPDATE oaas_nodes SET catalogue_revision = $2 WHERE id = $1"

_COLUMNS = """
    a.id, a.repository_name, a.name, a.version, a.description, a.input_schema, a.output_schema, a.error_schema,
    a.examples, a.created_at, a.modified_at
"""
_OFFERED = "EXISTS (SELECT FROM catalogue_offers o WHERE o.algorithm_id = a.id)"
_GET = f"SELECT {_COLUMNS} FROM catalogue_algorithms a WHERE a.id = $1 AND {_OFFERED}"  # noqa: S608 - constants only
_PAGE = f"""
    SELECT {_COLUMNS} FROM catalogue_algorithms a
    WHERE {_OFFERED} AND ($1::text IS NULL OR a.name = $1) AND ($2::text IS NULL OR a.version = $2)
      AND ($3::text IS NULL OR a.repository_name = $3)
      AND ($4::text IS NULL OR strpos(lower(a.name || ' ' || a.description), lower($4)) > 0)
      AND ($5::bigint IS NULL OR a.id < $5)
    ORDER BY a.id DESC LIMIT $6
"""  # noqa: S608 - constants only
_OFFERS = """
    SELECT o.algorithm_id, n.id AS node_id, n.name AS node_name, n.status, o.remote_algorithm_id,
        o.remote_repository_id, COALESCE(l.instances, 0) AS instances, COALESCE(l.slots, 0) AS slots,
        COALESCE(l.free, 0) AS free
    FROM catalogue_offers o
    JOIN catalogue_algorithms a ON a.id = o.algorithm_id
    JOIN oaas_nodes n ON n.id = o.node_id
    LEFT JOIN LATERAL jsonb_to_recordset(n.load -> 'repositories') AS l(name text, instances int, slots int, free int)
        ON l.name = a.repository_name
    WHERE o.algorithm_id = ANY($1) ORDER BY n.id
"""


class CatalogueQueries:
    """Reads and writes of the catalogue."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def store(self, node_id: int, revision: str, entries: Sequence[CatalogueEntry]) -> None:
        """All algorithms of a node; those it had before and has no more are withdrawn."""
        documents = [msgspec.structs.asdict(entry) for entry in _distinct(entries)]
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_STORE, documents)
                await connection.execute(_WITHDRAW, node_id)
                await connection.execute(_OFFER, node_id, documents)
                await connection.execute(_KNOWN, node_id, revision)

    async def get(self, id_: int) -> Algorithm:
        """Raises ``NotFound``, also if no node has it any more."""
        with translated():
            row = await self._pool.fetchrow(_GET, id_)
            if row is None:
                raise NotFound("algorithm", id_)
            return (await self._with_offers([row]))[0]

    async def page(self, wanted: AlgorithmFilter, paging: Paging) -> tuple[list[Algorithm], int | None]:
        """What nodes offer, newest first, with the cursor of the next page."""
        conditions = (wanted.name, wanted.version, wanted.repository_name, wanted.search)
        with translated():
            rows = await self._pool.fetch(_PAGE, *conditions, paging.before, paging.limit + 1)
            algorithms = await self._with_offers(rows[: paging.limit])
        return algorithms, algorithms[-1].id if len(rows) > paging.limit else None

    async def _with_offers(self, rows: Sequence[asyncpg.Record]) -> list[Algorithm]:
        offers: dict[int, list[Offer]] = {row["id"]: [] for row in rows}
        for row in await self._pool.fetch(_OFFERS, list(offers)):
            offers[row["algorithm_id"]].append(
                Offer(
                    node_id=row["node_id"],
                    node_name=row["node_name"],
                    status=NodeStatus(row["status"]),
                    algorithm_id=row["remote_algorithm_id"],
                    repository_id=row["remote_repository_id"],
                    instances=row["instances"],
                    slots=row["slots"],
                    free=row["free"],
                )
            )
        return [Algorithm(**row, offers=offers[row["id"]]) for row in rows]


def _distinct(entries: Sequence[CatalogueEntry]) -> list[CatalogueEntry]:
    """A statement can't write a row twice, and a node is not to be trusted with that."""
    known: dict[tuple[str, str, str], CatalogueEntry] = {}
    for entry in entries:
        known.setdefault((entry.repository_name, entry.name, entry.version), entry)
    return list(known.values())
