"""What comes out of a batch: lines of JSON, in the order of the ends, across restarts of the node."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import IO, Any

from oaasplatform.cli import output
from oaasplatform.cli.client import Document, NodeClient, Unreachable
from oaasplatform.cli.follow import EXECUTIONS, RECONNECT_DELAYS

BATCHES = f"{EXECUTIONS}/batches"


def results(api: NodeClient, batch_id: int, *, cursor: str | None = None, follow: bool = True) -> Iterator[Document]:
    """Executions that have ended, each with the ``cursor`` to go on behind it; with ``follow`` until all have."""
    pause = Event()
    delays = iter(RECONNECT_DELAYS)
    while True:
        try:
            lines = api.get_lines(f"{BATCHES}/{batch_id}/results", cursor=cursor, follow=follow or None)
            with closing(lines):
                for line in lines:
                    delays = iter(RECONNECT_DELAYS)
                    cursor = line["cursor"]
                    yield line
        except Unreachable:
            delay = next(delays, None)
            if delay is None:
                raise
            output.note("The node does not answer, trying again; the batch is safe there.")
            pause.wait(delay)
        else:
            return


def outcome(execution: Document) -> dict[str, Any]:
    """A line for people's programs: id, state, and output or error."""
    told = {"id": execution["id"], "state": execution["state"]}
    if "output" in execution:
        return {**told, "output": execution["output"]}
    # Without either it has a large output: `oaas executions show` has it.
    return {**told, "error": execution["error"]} if execution["error"] else told


@contextmanager
def written_to(target: Path | None) -> Iterator[IO[str]]:
    """The file for results, or stdout."""
    if target is None:
        yield sys.stdout
    else:
        with target.open("w", encoding="utf-8") as file:
            yield file
