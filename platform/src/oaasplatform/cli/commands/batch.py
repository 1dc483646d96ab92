"""``oaas batch``: run an algorithm on many inputs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from oaasplatform.cli import naming, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.follow import EXECUTIONS
from oaasplatform.cli.inputs import read_lines
from oaasplatform.cli.options import node

_LINES = 2000
"""Inputs in one request."""
_WAIT = 600.0
"""Seconds: the longest that a node waits for an answer."""


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
    `error`. The exit code is 1 if any run did not succeed.
    """
    inputs = read_lines(source)
    with node(ctx) as api, _results(target) as file:
        fields = {
            "algorithmId": naming.find(api, naming.ALGORITHM, algorithm)["id"],
            "maxRunningTimeInSeconds": time_limit,
            "priority": priority,
            "userId": user,
            "callbackUrl": callback,
        }
        failed = 0
        with output.counter("results", len(inputs)) as counted:
            for at in range(0, len(inputs), _LINES):
                requests = [{**fields, "input": each} for each in inputs[at : at + _LINES]]
                for answer in api.lines(f"{EXECUTIONS}/batch", requests, wait=_WAIT):
                    result = _result(at + answer["line"], answer)
                    failed += result["state"] != "succeeded"
                    file.write(json.dumps(result, ensure_ascii=False) + "\n")
                    counted()
    if failed:
        output.note(f"{failed} of {len(inputs)} did not succeed.")
        raise typer.Exit(1)


def _result(line: int, answer: Document) -> dict[str, Any]:
    """A line of results."""
    problem = answer.get("problem")
    if problem is not None:
        error = {"type": problem["code"], "message": problem["detail"], "details": problem["errors"]}
        return {"line": line, "id": None, "state": "refused", "error": error}
    execution = answer["execution"]
    result = {"line": line, "id": execution["id"], "state": execution["state"]}
    if "output" in execution:
        return {**result, "output": execution["output"]}
    # A large output, or a run that goes on: `oaas executions` has the rest.
    return {**result, "error": execution["error"]} if execution["error"] else result


@contextmanager
def _results(target: Path | None) -> Iterator[IO[str]]:
    if target is None:
        yield sys.stdout
    else:
        with target.open("w", encoding="utf-8") as file:
            yield file
