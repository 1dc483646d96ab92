"""Web pages of other origins may not change anything, even where they can't read the answer."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from oaasplatform.api.problems import problem
from oaasplatform.domain.errors import ForeignOrigin

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginGuard:
    """ASGI middleware: refuses what a browser sends for a page that is neither the node's nor of an allowed origin.

    Browsers ask before most such requests (CORS), but not before a bare POST. Pages of instances count as foreign: the
    proxy gives them an origin of their own.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "http" and scope["method"] not in _SAFE and self._is_foreign(Headers(scope=scope)):
            error = ForeignOrigin(
                "A web page of another origin sent this. OAAS_CORS_ORIGINS names the origins that may."
            )
            await problem(HTTPConnection(scope), error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin in self._allowed:
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and urlsplit(origin).netloc != headers.get("host")
