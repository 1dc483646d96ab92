"""``oaas executions``: what ran, what runs, and how to end it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import format, naming, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.follow import EXECUTIONS, final, follow
from oaasplatform.cli.options import AsJson, By, Follow, Limit, Why, node
from oaasplatform.cli.progress import ProgressView, incumbent_text, progress_text
from oaasplatform.cli.results import deliver, show_output

app = typer.Typer(help="See and control executions.", no_args_is_help=True)

ExecutionId = Annotated[int, typer.Argument(metavar="ID", help="The execution's id.")]


@app.command()
def ls(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option(help="created, queued, starting, running, succeeded, failed, ...")
    ] = None,
    algorithm: Annotated[str | None, typer.Option(help="Name or id of an algorithm.")] = None,
    instance: Annotated[str | None, typer.Option(help="Name or id of an instance.")] = None,
    user: Annotated[str | None, typer.Option(help="Whom they are for.")] = None,
    batch: Annotated[int | None, typer.Option(metavar="ID", help="Of this batch.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List executions, newest first."""
    with node(ctx) as api:
        documents = list(
            api.items(
                EXECUTIONS,
                limit=limit,
                state=state,
                algorithmId=naming.find(api, naming.ALGORITHM, algorithm)["id"] if algorithm else None,
                algorithmRepositoryInstanceId=naming.find(api, naming.INSTANCE, instance)["id"] if instance else None,
                userId=user,
                batchId=batch,
            )
        )
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "algorithm", "state", "progress", "objective", "created", "took"],
        [_row(document) for document in documents],
        empty="No executions.",
    )


@app.command()
def show(ctx: typer.Context, id: ExecutionId, as_json: AsJson = False) -> None:
    """Show one execution with its output or error."""
    with node(ctx) as api:
        execution = final(api, {"id": id})
        attempts = api.get(f"{EXECUTIONS}/{id}/attempts")["items"] if execution["attempt"] > 1 else []
    if as_json:
        output.show_json(execution)
        return
    error = execution["error"] or {}
    output.show_fields(
        {
            "id": str(execution["id"]),
            "algorithm": execution["algorithmName"],
            "state": execution["state"],
            "progress": progress_text(execution),
            "best solution": incumbent_text(execution["incumbent"]),
            "waits for": execution["reason"] or "",
            "place in the queue": str(execution["position"] or ""),
            "starts in about": format.duration(execution["estimatedStartInSeconds"]) if execution["position"] else "",
            "error": ": ".join(str(error[key]) for key in ("type", "message") if error.get(key)),
            "cause": execution["cause"] or "",
            "stopped by": _canceller(execution),
            "what to do": execution["advice"] or "",
            "instance": str(execution["algorithmRepositoryInstanceId"] or ""),
            "image": execution["imageDigest"] or "",
            "attempt": f"{execution['attempt']} of {execution['maxAttempts']}",
            "user": execution["userId"] or "",
            "callback": execution["callbackUrl"] or "",
            "batch": str(execution["batchId"] or ""),
            "created": format.since(execution["createdAt"]),
            "took": format.duration(format.between(execution["startedAt"], execution["finishedAt"])),
            "processor time": format.duration(execution["cpuTimeInSeconds"]),
            "output size": "" if execution["outputBytes"] is None else format.size(execution["outputBytes"]),
        }
    )
    if attempts:
        output.show_heading("Attempts")
        output.show_table(["attempt", "instance", "took", "state", "reason"], map(_attempt_row, attempts), empty="")
    if "output" in execution:
        output.show_heading("Output")
        show_output(execution)


@app.command()
def watch(
    ctx: typer.Context,
    id: ExecutionId,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the output document into a file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow an execution to its end, like `oaas run` does."""
    with node(ctx) as api:
        execution = api.get(f"{EXECUTIONS}/{id}")
        with ProgressView(execution["algorithmName"]) as view:
            execution = follow(api, lambda: execution, view)
    deliver(execution, target, as_json=as_json)


@app.command()
def logs(ctx: typer.Context, id: ExecutionId, following: Follow = False) -> None:
    """Print what an execution wrote, native solver output included."""
    with node(ctx) as api:
        for text in api.text(f"{EXECUTIONS}/{id}/logs", follow=following or None):
            sys.stdout.write(text)
            sys.stdout.flush()


@app.command()
def launch(ctx: typer.Context, id: ExecutionId, as_json: AsJson = False) -> None:
    """Launch an execution that was only created."""
    with node(ctx) as api:
        execution = api.post(f"{EXECUTIONS}/{id}")
    _confirm(execution, f"Execution {id} is {execution['state']}.", as_json=as_json)


@app.command()
def rerun(
    ctx: typer.Context,
    id: ExecutionId,
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Even if the repository runs another image by now.")
    ] = False,
    callback: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where its changes are posted; the former URL is not kept."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Submit an execution again: the same input, time limit, priority and user."""
    with node(ctx) as api:
        execution = api.post(f"{EXECUTIONS}/{id}/rerun", exact=not any_version, callbackUrl=callback)
    _confirm(execution, f"Execution {execution['id']} repeats execution {id}.", as_json=as_json)
    if not as_json:
        output.note(f"Follow it with `oaas executions watch {execution['id']}`.")


@app.command()
def interrupt(ctx: typer.Context, id: ExecutionId, as_json: AsJson = False) -> None:
    """Ask for the best solution found so far: the run ends soon, with success."""
    with node(ctx) as api:
        api.post(f"{EXECUTIONS}/{id}/interrupt")
        execution = api.get(f"{EXECUTIONS}/{id}")
    _confirm(execution, f"Execution {id} was asked for its best solution so far.", as_json=as_json)


@app.command()
def stop(ctx: typer.Context, id: ExecutionId, user: By = None, reason: Why = None, as_json: AsJson = False) -> None:
    """Stop an execution now, without a result."""
    with node(ctx) as api:
        api.delete(f"{EXECUTIONS}/{id}", userId=user, reason=reason)
        execution = api.get(f"{EXECUTIONS}/{id}")
    _confirm(execution, f"Execution {id} is {execution['state']}.", as_json=as_json)


def _confirm(execution: Document, sentence: str, *, as_json: bool) -> None:
    if as_json:
        output.show_json(execution)
    else:
        output.say(sentence)


def _canceller(execution: Document) -> str:
    by = execution["cancelledBy"]
    if by is None:
        return ""
    return (by["userId"] or "the operator") + (f": {by['reason']}" if by["reason"] else "")


def _attempt_row(attempt: Document) -> list[str]:
    return [
        str(attempt["attempt"]),
        str(attempt["algorithmRepositoryInstanceId"] or ""),
        format.duration(format.between(attempt["startedAt"], attempt["endedAt"])),
        attempt["state"],
        attempt["reason"] or "",
    ]


def _row(execution: Document) -> list[str]:
    objective = (execution["incumbent"] or {}).get("objective")
    fraction = execution["progressFraction"]
    return [
        str(execution["id"]),
        execution["algorithmName"],
        execution["state"],
        format.NOTHING if fraction is None else format.percent(fraction),
        format.number(objective),
        format.since(execution["createdAt"]),
        format.duration(format.between(execution["startedAt"], execution["finishedAt"])),
    ]
