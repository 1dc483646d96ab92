"""A MATLAB Production Server without MATLAB: its HTTP API as documented by MathWorks, in front of Python functions.

Environment: ``START`` (``slow``, ``never``), ``NUM_WORKERS``, ``DISCOVERY=off``, ``CLAIMED_SELF`` (how a hostile
server says its requests are called).
"""

from __future__ import annotations

import json
import os
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import protobuf
from archives import ARCHIVES, Function, discovery
from jobs import Request, Server
from values import InvalidValue, Value, decode, encode

_JSON, _PROTOBUF = "application/json", "application/x-google-protobuf"
_NO_RESULT_YET = ("READING", "IN_QUEUE", "PROCESSING")


class HttpError(Exception):
    """Answered with ``{"error": {"type": "httperror", ...}}``."""

    def __init__(self, code: int, message_id: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.document = {"type": "httperror", "code": code, "messageId": message_id, "message": message}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    jobs: Server
    ready_at = 0.0

    def do_GET(self) -> None:
        """Health, discovery, and everything that is asked about a request."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Call a function, or cancel a request."""
        self._answer(self._post)

    def do_DELETE(self) -> None:
        """Forget a request."""
        self._answer(self._delete)

    def _answer(self, method: Any) -> None:
        parts = urlsplit(self.path)
        self._path = unquote(parts.path)
        self._query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        try:
            method()
        except HttpError as error:
            self._send(error.code, {"error": error.document})

    def _get(self) -> None:
        if self._path == "/api/health":
            if time.monotonic() < self.ready_at:
                self._send_bytes(503, b"", _JSON)
            else:
                self._send(200, {"status": "ok"})
        elif self._path == "/api/discovery":
            if os.environ.get("DISCOVERY") == "off":
                raise HttpError(403, "DiscoveryDisabled", "Discovery is disabled.")
            self._send(200, discovery())
        elif self._path == self.jobs.up:
            self._collection()
        else:
            request, verb = self._request()
            if verb == "result":
                self._result(request)
            elif verb in ("info", ""):
                info = {"request": self._self(request), "lastModifiedSeq": request.changed, "state": request.state}
                self._send(200, info)
            else:
                raise HttpError(404, "URLNotFound", "URL not found.")

    def _post(self) -> None:
        body = self._body()
        if self._path.startswith("/~"):
            self._cancel()
            return
        function = self._function()
        kind = (self.headers.get("Content-Type") or "").partition(";")[0]
        nargout, rhs, output = _read(kind, body)
        asynchronous = self._query.get("mode") == "async"
        request = self.jobs.submit(function, rhs, nargout, output, self._query.get("client", ""))
        if not asynchronous:
            request.ended.wait()
            self._send_result(request, kind)
            self.jobs.delete(request)
        elif kind == _PROTOBUF:
            self._send_bytes(201, protobuf.created(self._self(request)), _PROTOBUF)
        else:
            self._send(201, self._listed(request))

    def _delete(self) -> None:
        request, _ = self._request()
        if request.state in _NO_RESULT_YET:
            raise HttpError(409, "RequestNotCompleted", "Request has not reached terminal state.")
        self.jobs.delete(request)
        self._send_bytes(204, b"", _JSON)

    def _cancel(self) -> None:
        request, verb = self._request()
        if verb != "cancel":
            raise HttpError(404, "URLNotFound", "URL not found.")
        if request.state == "CANCELLED":
            raise HttpError(410, "RequestAlreadyCancelled", "Request already cancelled.")
        if request.state not in _NO_RESULT_YET:
            raise HttpError(410, "RequestAlreadyCompleted", "Request already completed.")
        self.jobs.cancel(request)
        self._send_bytes(204, b"", _JSON)

    def _collection(self) -> None:
        try:
            since = int(self._query["since"])
        except (KeyError, ValueError) as error:
            raise HttpError(400, "MissingQueryParams", "since is missing.") from error
        clients, ids = (self._query.get(name, "").split(",") for name in ("clients", "ids"))
        everything = self.jobs.requests.copy().values()
        found = [each for each in everything if (each.client or " ") in clients or each.id in ids]
        if not found:
            raise HttpError(400, "NoMatchForQueryParams", "No match for query parameters.")
        data = [self._listed(each) for each in found if each.changed > since]
        self._send(200, {"createdSeq": self.jobs.sequence, "data": data})

    def _result(self, request: Request) -> None:
        if request.state in _NO_RESULT_YET:
            self._send_bytes(204, b"", _JSON)
        elif request.state == "CANCELLED":
            raise HttpError(410, "RequestAlreadyCancelled", "Request already cancelled.")
        else:
            self._send_result(request, _PROTOBUF if self._query.get("format") == "protobuf" else _JSON)

    def _send_result(self, request: Request, kind: str) -> None:
        """The answer to a synchronous call, and the result of an asynchronous one."""
        error = request.error
        if request.garbage:
            self._send_bytes(200, b"<html>\xff not JSON", _JSON)
        elif any(each.mwtype == "function_handle" for each in request.results):
            raise HttpError(500, "ReturnTypeNotSupported", "Function return type not supported.")
        elif kind == _PROTOBUF:
            self._send_bytes(200, protobuf.result(request.results, error), _PROTOBUF)
        elif error is not None:
            document = {"type": "matlaberror", "id": error.id, "message": str(error), "stack": error.stack}
            self._send(200, {"error": document})
        else:
            mode, nan = request.output.get("mode", "large"), request.output.get("nanInfFormat", "string")
            self._send(200, {"lhs": [encode(each, mode=mode, nan=nan) for each in request.results]})

    def _function(self) -> Function:
        found = re.fullmatch(r"/([^/]+)/([^/]+)", self._path)
        if found is None:
            raise HttpError(404, "InvalidPath", "URI-path not of form '/APPLICATION/FUNCTION'.")
        archive = ARCHIVES.get(found[1])
        if archive is None:
            raise HttpError(404, "ComponentNotFound", "Component not found.")
        function = archive.functions.get(found[2])
        if function is None:
            raise HttpError(404, "FunctionNotFound", "Function not found.")
        return function

    def _request(self) -> tuple[Request, str]:
        """The request that the path names, and what is asked of it."""
        found = re.fullmatch(re.escape(self.jobs.up) + r"/([0-9a-f-]{36})(?:/([a-z]+))?", self._path)
        if found is None:
            method = HttpError(405, "MethodNotAllowed", "Method must be POST.")
            raise HttpError(404, "URLNotFound", "URL not found.") if self._path.startswith("/~") else method
        if found[1] in self.jobs.deleted:
            raise HttpError(410, "RequestAlreadyDeleted", "Request already deleted.")
        if found[1] not in self.jobs.requests:
            raise HttpError(404, "RequestNotFound", "Request not found.")
        return self.jobs.requests[found[1]], found[2] or ""

    def _self(self, request: Request) -> str:
        return os.environ.get("CLAIMED_SELF") or f"{self.jobs.up}/{request.id}"

    def _listed(self, request: Request) -> dict[str, Any]:
        return {
            "id": request.id,
            "self": self._self(request),
            "up": self.jobs.up,
            "lastModifiedSeq": request.changed,
            "state": request.state,
            "client": request.client,
        }

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length")
        if length is None:
            self.close_connection = True
            raise HttpError(411, "ContentLengthMissing", "Content-length missing.")
        return self.rfile.read(int(length))

    def _send(self, status: int, document: Any) -> None:
        self._send_bytes(status, json.dumps(document, allow_nan=False).encode(), _JSON)

    def _send_bytes(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _read(kind: str, body: bytes) -> tuple[int, list[Value], dict[str, str]]:
    """``nargout``, ``rhs`` and ``outputFormat`` of a call."""
    if kind == _PROTOBUF:
        nargout, rhs = protobuf.params(body)
        return nargout, rhs, {}
    if kind != _JSON:
        raise HttpError(415, "UnsupportedMediaType", f"{kind} is not an accepted content type.")
    try:
        document = json.loads(body)
    except ValueError as error:
        raise HttpError(400, "InvalidJSON", "Invalid JSON.") from error
    if not isinstance(document, dict):
        raise HttpError(400, "InvalidInput", "Invalid input.")
    for name in ("nargout", "rhs"):
        if name not in document:
            raise HttpError(400, f"{name.title()}Missing", f"{name} missing.")
    try:
        return int(document["nargout"]), [decode(each) for each in document["rhs"]], document.get("outputFormat", {})
    except (InvalidValue, TypeError, KeyError, AttributeError) as error:
        raise HttpError(400, "InvalidRhs", f"Invalid rhs: {error}") from error


def main() -> None:
    """Serve for ever."""
    start = os.environ.get("START", "normal")
    if start == "slow":
        time.sleep(2.5)  # the runtime unpacks itself; nothing listens yet
        Handler.ready_at = time.monotonic() + 2.5
    elif start == "never":
        Handler.ready_at = float("inf")
    Handler.jobs = Server(int(os.environ.get("NUM_WORKERS", "1")))
    ThreadingHTTPServer(("0.0.0.0", 9910), Handler).serve_forever()


if __name__ == "__main__":
    main()
