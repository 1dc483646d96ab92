"""``oaas batches``: what was submitted together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import format, output
from oaasplatform.cli.batch_results import BATCHES, outcome, written_to
from oaasplatform.cli.batch_results import results as read_results
from oaasplatform.cli.client import Document
from oaasplatform.cli.options import AsJson, By, Follow, Limit, Why, node

app = typer.Typer(help="See and control batches of executions.", no_args_is_help=True)

BatchId = Annotated[int, typer.Argument(metavar="ID", help="The batch's id.")]


@app.command()
def ls(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Option(help="Whom they are for.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List batches, newest first."""
    with node(ctx) as api:
        documents = list(api.items(BATCHES, limit=limit, userId=user))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "user", "state", "progress", "executions", "succeeded", "created"],
        [
            [
                str(each["id"]),
                each["userId"] or "",
                _state(each),
                format.percent(each["progress"]),
                str(each["size"]),
                str(each["counts"]["succeeded"]),
                format.since(each["createdAt"]),
            ]
            for each in documents
        ],
        empty="No batches. Submit one with `oaas batch ALGORITHM FILE`.",
    )


@app.command()
def show(ctx: typer.Context, id: BatchId, as_json: AsJson = False) -> None:
    """Show how far a batch is."""
    with node(ctx) as api:
        document = api.get(f"{BATCHES}/{id}")
    _show(document, as_json=as_json)


@app.command()
def stop(ctx: typer.Context, id: BatchId, user: By = None, reason: Why = None, as_json: AsJson = False) -> None:
    """Stop all executions of a batch that have not ended; results so far stay."""
    with node(ctx) as api:
        document = api.delete(f"{BATCHES}/{id}", userId=user, reason=reason)
    _show(document, as_json=as_json)


@app.command()
def results(
    ctx: typer.Context,
    id: BatchId,
    following: Follow = False,
    cursor: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Go on behind the line that has this `cursor`.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the results into a file.")
    ] = None,
) -> None:
    """Print what has ended, in that order, one line of JSON each: `id`, `state`, `output` or `error`, `cursor`."""
    with node(ctx) as api, written_to(target) as file:
        for line in read_results(api, id, cursor=cursor, follow=following):
            told = {**outcome(line["execution"]), "cursor": line["cursor"]}
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
            file.flush()


def _show(batch: Document, *, as_json: bool) -> None:
    if as_json:
        output.show_json(batch)
        return
    output.show_fields(
        {
            "id": str(batch["id"]),
            "user": batch["userId"] or "",
            "state": _state(batch),
            "progress": format.percent(batch["progress"]),
            "executions": str(batch["size"]),
            **{state.replace("_", " "): str(number) for state, number in batch["counts"].items() if number},
            "created": format.since(batch["createdAt"]),
        }
    )


def _state(batch: Document) -> str:
    if batch["stopped"]:
        return "stopped"
    if batch["ended"]:
        return "ended"
    return "running" if batch["complete"] else "being submitted"
