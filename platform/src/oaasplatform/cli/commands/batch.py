"""``oaas batch``: run an algorithm on many inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from oaasplatform.cli import naming, output
from oaasplatform.cli.batch_results import outcome, results, written_to
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.follow import EXECUTIONS
from oaasplatform.cli.inputs import read_lines
from oaasplatform.cli.options import node

_LINES = 100_000
"""The most inputs that a node takes in one request."""
_BYTES = 32 * 2**20
"""Of a request, unless it has one input only."""
_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def batch(
    ctx: typer.Context,
    algorithm: Annotated[str, typer.Argument(help="Name or id; REPOSITORY/NAME where several have the name.")],
    source: Annotated[str, typer.Argument(metavar="FILE", help="One JSON document a line; `-` reads stdin.")],
    time_limit: Annotated[
        float | None, typer.Option(min=0.001, metavar="SECONDS", help="Stop each run after that.")
    ] = None,
    priority: Annotated[int, typer.Option(min=-100, max=100, help="Higher ones start first.")] = 0,
    user: Annotated[str | None, typer.Option(help="Whom the executions are for.")] = None,
    callback: Annotated[
        str | None, typer.Option(metavar="URL", help="Every change of each execution is posted there, signed.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the results into a file.")
    ] = None,
) -> None:
    """Run an algorithm on many inputs, one JSON document a line.

    Results go to stdout as they come, one line each: `line` (of the input, from 0), `id`, `state`, and `output` or
    `error`. The exit code is 1 if any run did not succeed. With Ctrl-C the batch goes on: `oaas batches results` has
    the rest, `oaas batches stop` ends it.
    """
    inputs = read_lines(source)
    with node(ctx) as api, written_to(target) as file:
        fields = {
            "algorithmId": naming.find(api, naming.ALGORITHM, algorithm)["id"],
            "maxRunningTimeInSeconds": time_limit,
            "priority": priority,
            "callbackUrl": callback,
        }
        failed = 0
        with output.counter("results", len(inputs)) as counted:
            for first, lines in _requests(fields, inputs):
                for result in _run(api, first, lines, user):
                    failed += result["state"] != "succeeded"
                    file.write(json.dumps(result, ensure_ascii=False) + "\n")
                    counted()
    if failed:
        output.note(f"{failed} of {len(inputs)} did not succeed.")
        raise typer.Exit(1)


def _requests(fields: dict[str, Any], inputs: list[Any]) -> Iterator[tuple[int, bytes]]:
    """Bodies of requests, each with the number of its first line: one, unless it would be too large."""
    first, lines, size = 0, list[bytes](), 0
    for number, each in enumerate(inputs):
        line = json.dumps({**fields, "input": each}, ensure_ascii=False).encode() + b"\n"
        if lines and (len(lines) == _LINES or size + len(line) > _BYTES):
            yield first, b"".join(lines)
            first, lines, size = number, [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield first, b"".join(lines)


def _run(api: NodeClient, first: int, lines: bytes, user: str | None) -> Iterator[dict[str, Any]]:
    """Results of one request as they come."""
    numbers: dict[int, int] = {}
    batch_id: int | None = None
    for answer in api.post_lines(f"{EXECUTIONS}/batch", lines, userId=user):
        number = first + answer["line"]
        if "problem" in answer:
            yield {"line": number, "id": None, "state": "refused", "error": _error(answer["problem"])}
        else:
            batch_id = answer["execution"]["batchId"]
            numbers[answer["execution"]["id"]] = number
    if batch_id is None:
        return
    try:
        for ended in results(api, batch_id):
            execution = ended["execution"]
            yield {"line": numbers[execution["id"]], **outcome(execution)}
    except KeyboardInterrupt:
        output.note(f"Batch {batch_id} goes on: see `oaas batches results {batch_id}`, `oaas batches stop {batch_id}`.")
        raise typer.Exit(_INTERRUPTED) from None


def _error(problem: Document) -> dict[str, Any]:
    return {"type": problem["code"], "message": problem["detail"], "details": problem["errors"]}
