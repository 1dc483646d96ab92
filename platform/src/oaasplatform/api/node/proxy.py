"""``/algorithmRepositoriesInstances/{id}/proxy/{path}``: the instance's own server, whatever it serves.

Not a route: routes see paths decoded, bodies bounded, and preflights answered. This sees the request as it came.
"""

from __future__ import annotations

import re

from fastapi import Response
from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from oaasplatform.api import problems, relays
from oaasplatform.api.dependencies import services_of
from oaasplatform.domain.errors import OaasError
from oaasplatform.domain.exchanges import Behind, Request

_PLACE = re.compile(rb"(/algorithmRepositoriesInstances/([0-9]{1,18})/proxy)(/.*)?", re.DOTALL)
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class InstanceProxy:
    """ASGI middleware: takes what is below the proxy's path of an instance, and passes on the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the instance, or pass on."""
        place = _PLACE.fullmatch(scope["raw_path"]) if scope["type"] in ("http", "websocket") else None
        if place is None:
            await self._app(scope, receive, send)
            return
        prefix, number, path = place.groups()
        connection = HTTPConnection(scope)
        if path is None:
            await _directory(connection.url)(scope, receive, send)
            return
        request = Request(
            method=scope.get("method", "GET"),
            path=path,
            query=scope["query_string"],
            headers=tuple(scope["headers"]),
            client=connection.client.host if connection.client else None,
            scheme=_SCHEMES[scope["scheme"]],
            mount=Behind(prefix.decode()),
        )
        proxy = services_of(connection).proxy
        relay = relays.relay_http if scope["type"] == "http" else relays.relay_websocket
        try:
            await relay(proxy, int(number), request, scope, receive, send)
        except OaasError as error:
            await problems.problem(connection, error)(scope, receive, send)


def _directory(url: URL) -> Response:
    """Relative links of a page work only if its address ends with a slash."""
    query = f"?{url.query}" if url.query else ""
    return Response(status_code=308, headers={"Location": f"proxy/{query}"})
