"""Following an execution to its end, with progress on the terminal and a meaning for Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from threading import Event
from types import FrameType

from oaasplatform.cli.client import Document, NodeClient, Unreachable
from oaasplatform.cli.errors import Refused
from oaasplatform.cli.progress import ProgressView

EXECUTIONS = "/algorithmExecutions"
TERMINAL = frozenset({"succeeded", "failed", "cancelled", "timed_out"})
RECONNECT_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds before each attempt to reach a node that went away: a node may restart while an execution goes on."""


def follow(api: NodeClient, begin: Callable[[], Document], view: ProgressView) -> Document:
    """The execution that ``begin`` gives, once it ended.

    The first Ctrl-C asks for the best solution found so far, the second one stops the execution. One that comes while
    the execution is being submitted counts as soon as it has an id, so that nothing goes on that nobody knows of.
    """
    with _interrupts_noted() as noted:
        execution = begin()
    path = f"{EXECUTIONS}/{execution['id']}"
    interrupts = 0
    while execution["state"] not in TERMINAL:
        try:
            if not noted:
                for execution in _views(api, path, view):
                    view.update(execution)
        except KeyboardInterrupt:
            noted.append(signal.SIGINT)
        if noted:
            noted.clear()
            interrupts += 1
            _wind_up(api, path, view, stop=interrupts > 1, user=execution["userId"])
    return final(api, execution)


@contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Ctrl-C is noted instead of felt; a second one is felt."""
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            signal.default_int_handler(number, frame)
        noted.append(number)

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # ignored, as in jobs in the background of a shell
        yield noted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def final(api: NodeClient, execution: Document) -> Document:
    """The newest view of an execution, with its output even when that is large."""
    path = f"{EXECUTIONS}/{execution['id']}"
    document: Document = api.get(path)
    if document["outputBytes"] is not None and "output" not in document:
        document["output"] = api.get(f"{path}/output")
    return document


def _views(api: NodeClient, path: str, view: ProgressView) -> Iterator[Document]:
    """Every change of the execution until it ended, across restarts of the node."""
    pause = Event()
    delays = iter(RECONNECT_DELAYS)
    while True:
        try:
            with closing(api.events(f"{path}/events")) as events:
                for document in events:
                    delays = iter(RECONNECT_DELAYS)
                    yield document
                    if document["state"] in TERMINAL:
                        return
        except Unreachable:
            delay = next(delays, None)
            if delay is None:
                raise
            view.tell("The node does not answer, trying again; the execution is safe there.")
            pause.wait(delay)


def _wind_up(api: NodeClient, path: str, view: ProgressView, *, stop: bool, user: str | None) -> None:
    if not stop and _possible(lambda: api.post(f"{path}/interrupt")):
        view.tell("Interrupting: asked for the best solution so far. Press Ctrl-C again to stop without one.")
    elif _possible(lambda: api.delete(path, userId=user)):
        view.tell("Stopping the execution.")


def _possible(call: Callable[[], object]) -> bool:
    """Whether the execution was in a state that allows the call."""
    try:
        call()
    except Refused as refusal:
        if refusal.status != HTTPStatus.CONFLICT:
            raise
        return False
    return True
