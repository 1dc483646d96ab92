"""Wake who listens, from a Tortoise query."""

from __future__ import annotations

from tortoise import connections

from oaasplatform.database.notifications import CHANNEL


async def notify(topic: str) -> None:
    """Send a notification; inside a transaction it leaves with the commit."""
    await connections.get("default").execute_query("SELECT pg_notify($1, $2)", [CHANNEL, topic])
