"""How requests are sent: nothing is added, decoded, followed, remembered or repeated."""

from __future__ import annotations

import asyncio

import aiohttp

CONNECT_SECONDS = 5.0
_CONTINUE_SECONDS = 1.0
"""How long a caller's ``Expect: 100-continue`` is left to the instance, which may never have heard of it."""
_HEADER_BYTES = 64 * 1024


class _Expecting(aiohttp.ClientRequest):
    """Sends the body after a while even if the instance does not ask for it (RFC 9110, section 10.1.1)."""

    def update_expect_continue(self, expect: bool = False) -> None:
        super().update_expect_continue(expect)
        waiter: asyncio.Future[bool] | None = self._continue
        if waiter is not None:
            self.loop.call_later(_CONTINUE_SECONDS, _allow, waiter)


def _allow(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(True)


def new_connector() -> aiohttp.TCPConnector:
    """A connection for each exchange: one that is used again could carry the rest of another caller's request."""
    return aiohttp.TCPConnector(limit=0, force_close=True)


def new_session(
    connector: aiohttp.TCPConnector,
    *middlewares: aiohttp.ClientMiddlewareType,
    connect_seconds: float = CONNECT_SECONDS,
) -> aiohttp.ClientSession:
    """A session on connections of somebody else."""
    return aiohttp.ClientSession(
        connector=connector,
        connector_owner=False,
        request_class=_Expecting,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
        middlewares=middlewares,
    )


def reason(error: Exception) -> str:
    """What went wrong, for people, in one line."""
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return said.partition("\n")[0] or type(error).__name__
