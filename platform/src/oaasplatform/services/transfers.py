"""Large documents that are on their way from an instance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from oaasplatform.database.queries.transitions import TransitionQueries
from oaasplatform.domain.executions import Execution

_UNASKED_SECONDS = 15.0
"""A transfer that is cut off together with the node is noticed so much later, at most."""


async def unasked(
    transitions: TransitionQueries, execution: Execution, chunks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The chunks. As long as they come, nobody asks the instance what became of the run."""
    now = asyncio.get_running_loop().time
    due = now()
    async for chunk in chunks:
        yield chunk
        if now() >= due:
            await transitions.postpone_poll(execution.id, execution.attempt, seconds=_UNASKED_SECONDS)
            due = now() + _UNASKED_SECONDS / 3
