"""Waiting for executions, watching them, reading their documents: what services have in common on node and master."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager

from oaasplatform.database.changes import Changes
from oaasplatform.database.queries.documents import DocumentQueries
from oaasplatform.domain.documents import Document
from oaasplatform.domain.errors import NotFound, WrongState
from oaasplatform.domain.executions import Execution, Found
from oaasplatform.schemas.executions import INLINE_OUTPUT_BYTES
from oaasplatform.services.ends import Ends, ends
from oaasplatform.services.reads import Reads
from oaasplatform.services.watching import Watch

_LOOK_AGAIN = 5.0


class Watching:
    """What people see of executions without asking again and again."""

    def __init__(self, reads: Reads, documents: DocumentQueries, changes: Changes) -> None:
        self._reads = reads
        self._documents = documents
        self._changes = changes

    async def wait(self, execution: Execution, seconds: float) -> Found:
        """The execution when it has ended or ``seconds`` have passed. Raises ``NotFound``: it was purged meanwhile."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        with self._changes.expect(execution.id) as end:
            while not execution.state.terminal and (rest := deadline - loop.time()) > 0:
                found = (await end.news(min(rest, _LOOK_AGAIN))).get(execution.id)
                if found is not None:
                    return found
                execution = await self._reads.get(execution.id)
        return Found(execution=execution)

    def ends(self) -> AbstractContextManager[Ends]:
        """Waits for what is added to it from its submission on."""
        return ends(self._reads, self._changes)

    def watch(self, id_: int) -> Watch:
        """Its changes from now on."""
        return Watch(self._reads, self._changes, id_)

    async def inline_output(self, ended: Found) -> bytes | None:
        """The output when there is one and it is small."""
        size = ended.execution.output_bytes
        if size is None or size > INLINE_OUTPUT_BYTES:
            return None
        if ended.output is not None:
            return ended.output
        output = await self._reads.output(ended.execution.id)
        return output if isinstance(output, bytes) else None

    async def input(self, id_: int) -> Document:
        """The input document. Raises ``NotFound``."""
        found = await self._reads.input(id_)
        if found is None:
            raise NotFound("algorithm execution", id_)
        return found if isinstance(found, bytes) else await self._documents.read(found)

    async def output(self, id_: int) -> Document:
        """The output document. Raises ``NotFound``; ``WrongState`` while there is none."""
        found = await self._reads.output(id_)
        if found is None:
            execution = await self._reads.get(id_)
            raise WrongState(f"Execution {id_} is {execution.state} and has no output.")
        return found if isinstance(found, bytes) else await self._documents.read(found)
