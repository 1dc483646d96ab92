"""``/algorithmRepositories/{oaasNodeId}[/...]`` and its like: the API of a node.

Not routes: those see paths decoded and bodies bounded. This sees requests as they came, as the node's own proxy does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from oaasplatform.api import problems, relays
from oaasplatform.api.applications import guarded
from oaasplatform.domain.errors import OaasError
from oaasplatform.domain.exchanges import Headers, Request
from oaasplatform.master.api.dependencies import services_of
from oaasplatform.master.domain.mounts import RESOURCES, NodeMount

_PLACE = re.compile(rf"/({RESOURCES})/([0-9]{{1,18}})(/.*)?".encode(), re.DOTALL)
_SHARED_WITH_MASTER = b"algorithmExecutions"
"""The master has executions of its own, whose ids are none of nodes."""
_OF_INSTANCE = re.compile(rb"/[0-9]+/proxy(/.*)?", re.DOTALL)
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_OF_BROWSERS = frozenset({b"origin", b"sec-fetch-dest", b"sec-fetch-mode", b"sec-fetch-site", b"sec-fetch-user"})
"""Say what page a call comes from. The master has looked at them, and the node would take its pages for foreign."""


class NodePassage:
    """ASGI middleware: takes what is below a node's id, and passes on the rest."""

    def __init__(self, app: ASGIApp, cors_origins: Sequence[str]) -> None:
        self._app = app
        self._guarded = guarded(self._pass_api, cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the node, or pass on."""
        place = _place(scope)
        if place is None:
            await self._app(scope, receive, send)
            return
        resource, number, rest = place.groups()
        try:
            if resource == _SHARED_WITH_MASTER and not await services_of(HTTPConnection(scope)).passing.is_node(
                int(number)
            ):
                await self._app(scope, receive, send)
                return
        except OaasError as error:
            await problems.problem(HTTPConnection(scope), error)(scope, receive, send)
            return
        # Pages of instances have an origin of their own, and may call the instance they are from.
        of_instance = _OF_INSTANCE.fullmatch(rest or b"") is not None
        await (_pass if of_instance else self._guarded)(scope, receive, send)

    async def _pass_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = tuple((name, value) for name, value in scope["headers"] if name.lower() not in _OF_BROWSERS)
        await _pass({**scope, "headers": headers}, receive, send)


def _place(scope: Scope) -> re.Match[bytes] | None:
    return _PLACE.fullmatch(scope["raw_path"]) if scope["type"] in ("http", "websocket") else None


async def _pass(scope: Scope, receive: Receive, send: Send) -> None:
    place = _place(scope)
    assert place is not None
    resource, number, rest = place.groups()
    headers: Headers = tuple(scope["headers"])
    connection = HTTPConnection(scope)
    request = Request(
        method=scope.get("method", "GET"),
        path=b"/" + resource + (rest or b""),
        query=scope["query_string"],
        headers=headers,
        client=connection.client.host if connection.client else None,
        scheme=_SCHEMES[scope["scheme"]],
        mount=NodeMount(int(number)),
    )
    relay = relays.relay_http if scope["type"] == "http" else relays.relay_websocket
    try:
        await relay(services_of(connection).passing, int(number), request, scope, receive, send)
    except OaasError as error:
        await problems.problem(connection, error)(scope, receive, send)
