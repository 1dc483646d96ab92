"""HTTP with a node: every answer within a time limit, every request repeated until the node answers.

All requests that the client makes may be repeated: submissions carry an ``Idempotency-Key``, and the others ask, or
say what shall be the case.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from oaas_sdk.backoff import delay
from oaas_sdk.client.errors import NodeError, NodeUnreachable, OaasError
from oaas_sdk.contract import Problem

CONNECT_TIMEOUT = 5.0
_AGAIN = frozenset({httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT})

Type = TypeVar("Type")


class Patience:
    """How long a node that does not answer is tried: ``seconds`` from the first failure in a row."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._failures = 0
        self._end = 0.0

    def renew(self) -> None:
        """The node has answered."""
        self._failures = 0

    async def after(self, error: OaasError) -> None:
        """Wait before the next attempt; raises ``error`` when there shall be none."""
        now = asyncio.get_running_loop().time()
        if self._failures == 0:
            self._end = now + self._seconds
        self._failures += 1
        pause = delay(self._failures)
        if now + pause > self._end:
            raise error
        await asyncio.sleep(pause)


class Transport:
    """Connections to the node at ``url``.

    Args:
        url: of the node's API.
        timeout: seconds an answer may take, beyond those that were asked for with ``Prefer: wait``.
        retry_for: seconds for which a node that does not answer is tried again.

    Raises:
        ValueError: the address is none.
    """

    def __init__(self, url: str, timeout: float, retry_for: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is not the address of a node: write it like http://127.0.0.1:5000")
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._retry_for = retry_for
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"User-Agent": "oaas-sdk"},
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=50),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    def patience(self) -> Patience:
        """For one thing that is tried again and again."""
        return Patience(self._retry_for)

    async def call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int | bool] | None = None,
        wait: float = 0.0,
    ) -> bytes:
        """The body of the answer; with ``wait`` the node may think that many seconds.

        Raises:
            NodeError: the node refused the request.
            NodeUnreachable: it did not answer for ``retry_for`` seconds.
        """
        request_headers = dict(headers or {})
        if content is not None:
            request_headers["Content-Type"] = "application/json"
        if wait > 0:
            request_headers["Prefer"] = f"wait={wait:.3f}"
        patience = self.patience()
        while True:
            try:
                response = await self._http.request(
                    method,
                    path,
                    content=content,
                    headers=request_headers,
                    params=params,
                    timeout=httpx.Timeout(self._timeout + wait, connect=CONNECT_TIMEOUT),
                )
                check(response)
            except (httpx.TransportError, NodeError) as error:
                await patience.after(self.lasting(error))
            else:
                return response.content

    async def get(self, path: str, type_: type[Type], **params: str | int | bool) -> Type:
        """GET a document of a known shape. Raises what :meth:`call` raises."""
        return decode(await self.call("GET", path, params=params), type_)

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str], silence: float) -> AsyncIterator[httpx.Response]:
        """The answer of one GET as it comes in; at most ``silence`` seconds pass without a byte.

        Raises:
            NodeError, httpx.TransportError: as it happens; nothing is tried again here.
        """
        timeout = httpx.Timeout(self._timeout, connect=CONNECT_TIMEOUT, read=silence)
        async with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
            if not response.is_success:
                await response.aread()
            check(response)
            yield response

    def lasting(self, error: httpx.TransportError | NodeError) -> OaasError:
        """The error to raise when it does not go away; raises it if it is none that goes away."""
        if isinstance(error, NodeError):
            if error.status not in _AGAIN:
                raise error
            return error
        unreachable = NodeUnreachable(f"the node at {self.url} does not answer: {error or type(error).__name__}")
        unreachable.__cause__ = error
        return unreachable


def check(response: httpx.Response) -> None:
    """Raise ``NodeError`` unless the answer is a good one."""
    if response.is_success:
        return
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        # Not from a node: a proxy, or something else that has the address.
        problem = Problem(title=response.reason_phrase, status=response.status_code, detail=str(response.url))
    raise NodeError(problem)


def decode(body: bytes, type_: type[Type]) -> Type:
    """A document of a known shape.

    Raises:
        OaasError: it has another one, so whatever answered is no node.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.MsgspecError as error:
        raise OaasError(f"the answer is not what a node says: {error}") from error


def plain(document: bytes | msgspec.Raw) -> Any:
    """A document as plain data."""
    return msgspec.json.decode(document)
