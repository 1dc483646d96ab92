"""Requests and the workers that process them, one after the other."""

from __future__ import annotations

import inspect
import itertools
import queue
import threading
import uuid
from dataclasses import dataclass, field

from archives import Function, Garbage, Interrupted, MatlabError
from values import Value


@dataclass
class Request:
    """A call of a function."""

    id: str
    client: str
    function: Function
    rhs: list[Value]
    nargout: int
    output: dict[str, str]
    """``outputFormat``"""
    state: str = "READING"
    changed: int = 0
    """Number of its newest change of state, among all of the server."""
    results: tuple[Value, ...] = ()
    error: MatlabError | None = None
    garbage: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class Server:
    """All requests of one life of the server."""

    def __init__(self, workers: int) -> None:
        self.up = f"/~{uuid.uuid4()}/requests"
        self.requests: dict[str, Request] = {}
        self.deleted: set[str] = set()
        self.sequence = 0
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._queue: queue.Queue[Request] = queue.Queue()
        for _ in range(workers):
            threading.Thread(target=self._work, daemon=True).start()

    def submit(
        self, function: Function, rhs: list[Value], nargout: int, output: dict[str, str], client: str = ""
    ) -> Request:
        """Queue a call."""
        request = Request(str(uuid.uuid4()), client, function, rhs, nargout, output)
        self.requests[request.id] = request
        self._change(request, "IN_QUEUE")
        self._queue.put(request)
        return request

    def cancel(self, request: Request) -> None:
        """Take it from the queue, or ask its worker to stop."""
        with self._lock:
            request.cancelled.set()
            if request.state == "IN_QUEUE":
                self._end(request, "CANCELLED")

    def delete(self, request: Request) -> None:
        """Forget it."""
        del self.requests[request.id]
        self.deleted.add(request.id)

    def _work(self) -> None:
        while True:
            request = self._queue.get()
            with self._lock:
                if request.state != "IN_QUEUE":
                    continue
                self._change(request, "PROCESSING")
            self._end(request, _process(request))

    def _end(self, request: Request, state: str) -> None:
        self._change(request, state)
        request.ended.set()

    def _change(self, request: Request, state: str) -> None:
        with self._lock:
            request.state = state
            self.sequence = request.changed = next(self._numbers)


def _process(request: Request) -> str:
    """Call the function; the state that the request is in then."""
    try:
        request.results = _called(request)
    except Interrupted:
        return "CANCELLED"
    except Garbage:
        request.garbage = True
    except MatlabError as error:
        request.error = error
    if request.cancelled.is_set():
        return "CANCELLED"
    return "ERROR" if request.error else "READY"


def _called(request: Request) -> tuple[Value, ...]:
    body = request.function.body
    where = body.__name__.strip("_")
    try:
        inspect.signature(body).bind(None, *request.rhs)
    except TypeError as error:
        if str(error).startswith("too many"):
            raise MatlabError("MATLAB:TooManyInputs", "Too many input arguments.", where) from error
        raise MatlabError("MATLAB:minrhs", "Not enough input arguments.", where) from error
    results = body(request.cancelled, *request.rhs)
    if request.nargout > len(results):
        raise MatlabError("MATLAB:TooManyOutputs", "Too many output arguments.", where)
    return results[: request.nargout]
