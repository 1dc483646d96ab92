"""Waiting for what the node does in the background, by long polling."""

from __future__ import annotations

from collections.abc import Callable, Collection
from http import HTTPStatus
from time import monotonic

from oaasplatform.cli import format
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.errors import Failure, Refused

POLL_SECONDS = 2.0
"""How long the node may hold one answer back: so often the reason on the screen is renewed."""

REPOSITORY_BUSY = frozenset({"registering"})
INSTANCE_BUSY = frozenset({"pending", "starting", "restarting", "stopping", "removing"})


def settle(
    api: NodeClient,
    path: str,
    busy: Collection[str],
    *,
    timeout: float,
    on_change: Callable[[str], None] = lambda _: None,
) -> Document:
    """The resource as soon as its status is none of ``busy``; ``on_change`` gets its reason meanwhile.

    Raises:
        Failure: it still was after ``timeout`` seconds.
    """
    deadline = monotonic() + timeout
    while True:
        left = deadline - monotonic()
        document: Document = api.get(path, wait=max(0.0, min(POLL_SECONDS, left)))
        if document["status"] not in busy:
            return document
        if left <= 0:
            raise Failure(
                f"{document['name']} is still {document['status']} after {format.duration(timeout)}"
                + (f": {document['reason']}" if document["reason"] else "."),
                advice="The node goes on with it; wait longer with --timeout.",
            )
        on_change(document["reason"] or f"{document['name']} is {document['status']}")


def gone(api: NodeClient, path: str, *, timeout: float) -> None:
    """Return once the resource does not exist any more."""
    try:
        document = settle(api, path, INSTANCE_BUSY, timeout=timeout)
    except Refused as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
    else:
        raise Failure(f"{document['name']} could not be removed: {document['reason'] or document['status']}")
