"""The answer to a batch: lines as they come, for as long as somebody reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from oaas_sdk.contract import NDJSON
from oaas_sdk.server.batch import Batch


class BatchResponse(Response):
    """Streams the lines of a batch. When the caller goes away, the batch is closed at once.

    Args:
        batch: has the lines.
        headers: more headers of the answer.
    """

    media_type = NDJSON

    def __init__(self, batch: Batch, headers: Mapping[str, str]) -> None:
        super().__init__(None, headers=headers)
        del self.headers["content-length"]
        self._batch = batch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer (ASGI)."""
        batch = self._batch
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: batch.close())
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while lines := await batch.lines():
                await send({"type": "http.response.body", "body": lines, "more_body": True})
                await asyncio.sleep(0)  # lets us know if that went nowhere, which is no error for the server
                if not gone.done():
                    batch.sent()
            if not gone.done():
                await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            batch.close()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
