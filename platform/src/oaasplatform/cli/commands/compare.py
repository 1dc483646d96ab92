"""``oaas compare``: what tells two executions apart."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from oaasplatform.cli import format, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.follow import EXECUTIONS
from oaasplatform.cli.options import AsJson, node


def compare(
    ctx: typer.Context,
    one: Annotated[int, typer.Argument(metavar="A", help="Id of an execution.")],
    other: Annotated[int, typer.Argument(metavar="B", help="Id of another one.")],
    as_json: AsJson = False,
) -> None:
    """Show what tells two executions apart.

    In what was run (image, version, quota, limits), in the inputs, in what came of it (state, objective, times) and in
    the outputs: JSON pointers with both values, for documents up to 1 MiB.
    """
    with node(ctx) as api:
        document = api.get(f"{EXECUTIONS}/{one}/compare/{other}")
    if as_json:
        output.show_json(document)
        return
    headers = ["where", str(one), str(other)]
    for title, differences in (("What was run", document["record"]), ("What came of it", document["result"])):
        output.show_heading(title)
        output.show_table(headers, map(_row, differences), empty="No difference.")
    for title, found in (("Input", document["input"]), ("Output", document["output"])):
        output.show_heading(title)
        output.show_table(headers, map(_row, found["differences"]), empty=_without_rows(found))
        if found["differences"] and not found["complete"]:
            output.note("There are more.")


def _without_rows(found: Document) -> str:
    if found["same"]:
        return "No difference."
    return "They are large: not compared." if found["same"] is None else "They are not the same, and large."


def _row(difference: Document) -> list[str]:
    return [difference["pointer"] or "/", *(_text(difference, side) for side in ("value", "other"))]


def _text(difference: Document, side: str) -> str:
    value: Any = difference.get(side, format.NOTHING)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
