"""Bounds on what callers may send."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oaasplatform.api.problems import problem
from oaasplatform.domain.errors import PayloadTooLarge

_DRAIN_FACTOR = 2
"""A body that is too large is read on (and thrown away) up to so many limits, so that the sender sees the answer."""


class BodyLimit:
    """ASGI middleware: bodies above ``limit`` bytes are answered with 413."""

    def __init__(
        self, app: ASGIApp, limit: int, *, setting: str = "OAAS_MAX_BODY_BYTES", answer_at_once: bool = True
    ) -> None:
        """``setting``: what an operator may change.

        Unless the answer is given ``at once`` to who declares too long a body, an endpoint that reads one sees
        ``HTTPException`` with 413 in any case.
        """
        self._app = app
        self._limit = limit
        self._setting = setting
        self._answer_at_once = answer_at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on with a counting ``receive``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        excess = declared.isdigit() and int(declared) > self._limit
        if excess and self._answer_at_once:
            await self._drain(receive)
            answer = problem(Request(scope), PayloadTooLarge(self._detail()))
            await answer(scope, receive, send)
            return
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if excess or received > self._limit:
                await self._drain(receive)
                raise HTTPException(413, self._detail())
            return message

        await self._app(scope, counting, send)

    def _detail(self) -> str:
        return f"The body exceeds the limit of {self._limit} bytes ({self._setting})."

    async def _drain(self, receive: Receive) -> None:
        rest = self._limit * _DRAIN_FACTOR
        while rest > 0:
            message = await receive()
            rest -= len(message.get("body", b""))
            if not message.get("more_body", False):
                return
