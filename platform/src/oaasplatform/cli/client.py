"""HTTP client of a node's API: JSON documents in and out, every error a :class:`Failure` that reads well."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from oaas_sdk.client.sse import EventParser
from oaasplatform.cli.errors import Failure, Refused

if TYPE_CHECKING:
    import httpx

PAGE_SIZE = 1000
"""The largest page the API gives."""

Document = dict[str, Any]
Parameters = Mapping[str, str | int | bool | None]


class Unreachable(Failure):
    """No node answers at the address, or the connection broke."""

    def __init__(self, url: str, reason: str | None = None) -> None:
        message = f"No node answers at {url}." if reason is None else f"The node at {url} does not answer: {reason}."
        super().__init__(message, advice="Start one with `oaas up`, or set OAAS_URL to the address of yours.")


class NodeClient:
    """The API of the node at ``url``; connects with the first request."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._opened: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    def get(self, path: str, *, wait: float | None = None, **parameters: str | int | bool | None) -> Any:
        """GET a document; ``wait`` seconds for a running operation to end (``Prefer: wait``)."""
        return self._call("GET", path, parameters=parameters, wait=wait)

    def post(
        self,
        path: str,
        body: object = None,
        *,
        wait: float | None = None,
        **parameters: str | int | bool | None,
    ) -> Any:
        """POST a document (or nothing)."""
        return self._call("POST", path, body=body, parameters=parameters, wait=wait)

    def put(self, path: str, body: object) -> Any:
        """PUT changes of a resource."""
        return self._call("PUT", path, body=body)

    def delete(self, path: str, **parameters: str | int | bool | None) -> Any:
        """DELETE a resource."""
        return self._call("DELETE", path, parameters=parameters)

    def items(
        self, path: str, *, limit: int | None = None, **parameters: str | int | bool | None
    ) -> Iterator[Document]:
        """The items of a list, page by page, at most ``limit``."""
        left = limit
        cursor: str | None = None
        while left is None or left > 0:
            size = PAGE_SIZE if left is None else min(left, PAGE_SIZE)
            page = self._call("GET", path, parameters={**parameters, "limit": size, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return
            if left is not None:
                left -= len(page["items"])

    def text(self, path: str, **parameters: str | int | bool | None) -> Iterator[str]:
        """A text as it comes in, without an end when the node follows it."""
        with self._stream(path, parameters, {}) as response:
            yield from response.iter_text()

    def events(self, path: str) -> Generator[Document, None, None]:
        """The documents of a server-sent event stream, until it ends."""
        with self._stream(path, {}, {"Accept": "text/event-stream"}) as response:
            parser = EventParser()
            for chunk in response.iter_bytes():
                for document in parser.feed(chunk):
                    yield json.loads(document)

    def post_lines(
        self, path: str, content: bytes, **parameters: str | int | bool | None
    ) -> Generator[Document, None, None]:
        """POST lines of JSON; the documents of the answer as they come."""
        headers = {"Content-Type": "application/x-ndjson"}
        with self._stream(path, parameters, headers, method="POST", content=content) as response:
            yield from _documents(response)

    def get_lines(self, path: str, **parameters: str | int | bool | None) -> Generator[Document, None, None]:
        """The documents of an answer in lines, as they come."""
        with self._stream(path, parameters, {}) as response:
            yield from _documents(response)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        parameters: Parameters | None = None,
        wait: float | None = None,
    ) -> Any:
        with self._translated():
            headers = {} if wait is None else {"Prefer": f"wait={wait:g}"}
            content = None
            if body is not None:
                content = json.dumps(body, ensure_ascii=False).encode()
                headers["Content-Type"] = "application/json"
            response = self._client.request(
                method,
                path,
                params=_given(parameters or {}),
                content=content,
                headers=headers,
                timeout=30 + (wait or 0),
            )
        if not response.is_success:
            raise _refused(response)
        return _document(response) if response.content else None

    @contextmanager
    def _stream(
        self,
        path: str,
        parameters: Parameters,
        headers: dict[str, str],
        *,
        method: str = "GET",
        content: bytes | None = None,
    ) -> Iterator[httpx.Response]:
        import httpx

        with (
            self._translated(),
            self._client.stream(
                method,
                path,
                params=_given(parameters),
                headers=headers,
                content=content,
                timeout=httpx.Timeout(30, read=None),
            ) as response,
        ):
            if not response.is_success:
                response.read()
                raise _refused(response)
            yield response

    @property
    def _client(self) -> httpx.Client:
        if self._opened is None:
            import httpx

            self._opened = httpx.Client(base_url=self.url, headers={"User-Agent": "oaas-cli"})
        return self._opened

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except httpx.ConnectError as error:
            raise Unreachable(self.url) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Failure(
                f"{self.url!r} is not the address of a node.", advice="Write it like http://127.0.0.1:5000."
            ) from error
        except httpx.TimeoutException as error:
            raise Unreachable(self.url, "it took too long") from error
        except httpx.TransportError as error:
            raise Unreachable(self.url, str(error) or "the connection broke") from error


def _documents(response: httpx.Response) -> Iterator[Document]:
    """The lines of an answer; only newlines end one, other separators may stand in documents."""
    buffer = bytearray()
    for chunk in response.iter_bytes():
        buffer += chunk
        *lines, rest = buffer.split(b"\n") if b"\n" in chunk else [buffer]
        for line in lines:
            yield json.loads(line)
        buffer = rest


def _given(parameters: Parameters) -> dict[str, str | int | bool]:
    return {name: value for name, value in parameters.items() if value is not None}


def _document(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise Failure(
            f"{response.url} answered, but not with JSON.", advice="Is that the address of a node? Check OAAS_URL."
        ) from error


def _refused(response: httpx.Response) -> Failure:
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        return Refused(response.status_code, _document(response))
    return Failure(
        f"{response.url} answered with HTTP status {response.status_code}.",
        advice="Is that the address of a node? Check OAAS_URL.",
    )
