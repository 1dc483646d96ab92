"""``oaas algorithms``: what can be run."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from oaasplatform.cli import naming, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.options import AsJson, node
from oaasplatform.cli.schema_table import HEADERS, schema_rows

app = typer.Typer(help="See what can be run: lists all algorithms, or shows one.")

EXAMPLE_ITEMS = 4
"""Longer lists in an example are shortened on the screen."""


@app.callback(invoke_without_command=True)
def ls(
    ctx: typer.Context,
    search: Annotated[str | None, typer.Option(metavar="TEXT", help="Only those that mention it.")] = None,
    repository: Annotated[str | None, typer.Option(help="Only those of this repository, by name or id.")] = None,
    as_json: AsJson = False,
) -> None:
    """See what can be run: lists all algorithms, or shows one."""
    if ctx.invoked_subcommand is not None:
        return
    with node(ctx) as api:
        chosen = naming.find(api, naming.REPOSITORY, repository)["id"] if repository else None
        documents = list(api.items(naming.ALGORITHM.path, search=search, algorithmRepositoryId=chosen))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "name", "version", "repository", "description"],
        [
            [
                str(each["id"]),
                each["name"],
                each["version"],
                each["algorithmRepositoryName"],
                _first_sentence(each["description"]),
            ]
            for each in documents
        ],
        empty="No algorithms." if search or repository else "No algorithms. Register a repository: `oaas repo add`.",
    )


@app.command()
def show(
    ctx: typer.Context,
    algorithm: Annotated[str, typer.Argument(help="Name or id; REPOSITORY/NAME where several have the name.")],
    as_json: AsJson = False,
) -> None:
    """Show an algorithm: description, input, output and an example."""
    with node(ctx) as api:
        document = naming.find(api, naming.ALGORITHM, algorithm)
    if as_json:
        output.show_json(document)
        return
    output.show_fields(
        {
            "algorithm": f"{document['name']} {document['version']}",
            "id": str(document["id"]),
            "repository": document["algorithmRepositoryName"],
        }
    )
    if document["description"]:
        output.say("")
        output.show_markdown(document["description"])
    for heading, schema in (("Input", document["inputSchema"]), ("Output", document["outputSchema"])):
        output.show_heading(heading)
        output.show_table(HEADERS, schema_rows(schema), empty="")
    if document["examples"]:
        _show_example(document)


def _show_example(algorithm: Document) -> None:
    shown, cut = output.abridged(algorithm["examples"][0], items=EXAMPLE_ITEMS)
    output.show_heading("Example input" + (" (shortened)" if cut else ""))
    output.say(json.dumps(shown, ensure_ascii=False, indent=2))
    output.show_heading("Run it")
    output.say(f"oaas run {algorithm['name']} --input FILE.json")


def _first_sentence(markdown: str) -> str:
    """The first line of text that is no heading, up to its first full stop."""
    lines = (line.strip() for line in markdown.splitlines())
    text = next((line for line in lines if line and not line.startswith("#")), "")
    return text.partition(". ")[0].rstrip(".")
