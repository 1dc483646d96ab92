"""``oaas registry``: registries that ask for a login."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated

import typer

from oaasplatform.cli import format, naming, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.errors import Misuse
from oaasplatform.cli.options import AsJson, node

app = typer.Typer(help="Keep credentials for private registries.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="REGISTRY", help="Name or id.")]
AsToken = Annotated[bool, typer.Option("--token", help="What is read is a token that stands for the password.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password or token from stdin.")]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="For example https://registry.example.org:5000.")],
    username: Annotated[str, typer.Option("--username", "-u", help="Who pulls.")],
    name: Annotated[str | None, typer.Option(help="Default: the host.")] = None,
    token: AsToken = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Register a registry. The password is asked for, or read from stdin; it can't be an argument."""
    body = {"url": url, "username": username, **_secret(token=token, from_stdin=password_stdin)}
    with node(ctx) as api:
        registry = api.post(naming.REGISTRY.path, body if name is None else {**body, "name": name})
    _show_change(registry, "registered", as_json=as_json)


@app.command()
def update(
    ctx: typer.Context,
    registry: Named,
    url: Annotated[str | None, typer.Option(metavar="URL")] = None,
    username: Annotated[str | None, typer.Option("--username", "-u")] = None,
    name: Annotated[str | None, typer.Option()] = None,
    token: AsToken = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Change a registry. The password is asked for with a new URL, with --token, and when nothing else is changed."""
    given = {"url": url, "username": username, "name": name}
    changes = {field: value for field, value in given.items() if value is not None}
    with node(ctx) as api:
        path = _path(naming.find(api, naming.REGISTRY, registry))
        if token or password_stdin or url is not None or not changes:
            changes |= _secret(token=token, from_stdin=password_stdin)
        document = api.put(path, changes)
    _show_change(document, "changed", as_json=as_json)


@app.command()
def ls(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List registries."""
    with node(ctx) as api:
        documents = list(api.items(naming.REGISTRY.path))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "name", "host", "username", "credential", "created"],
        [
            [
                str(each["id"]),
                each["name"],
                each["host"],
                each["username"],
                each["credential"],
                format.since(each["createdAt"]),
            ]
            for each in documents
        ],
        empty="No registries. Register one with `oaas registry add URL --username NAME`.",
    )


@app.command()
def show(ctx: typer.Context, registry: Named, as_json: AsJson = False) -> None:
    """Show one registry, without its password."""
    with node(ctx) as api:
        document = naming.find(api, naming.REGISTRY, registry)
    if as_json:
        output.show_json(document)
        return
    output.show_fields(
        {
            "id": str(document["id"]),
            "name": document["name"],
            "url": document["url"],
            "host": document["host"],
            "username": document["username"],
            "credential": f"{document['credential']}, encrypted",
            "created": format.since(document["createdAt"]),
            "modified": format.since(document["modifiedAt"]),
        }
    )


@app.command()
def rm(
    ctx: typer.Context,
    registries: Annotated[list[str], typer.Argument(metavar="REGISTRY...", help="Names or ids.")],
    as_json: AsJson = False,
) -> None:
    """Remove registries that no repository needs."""
    with node(ctx) as api:
        found = [naming.find(api, naming.REGISTRY, each) for each in registries]
        for document in found:
            api.delete(_path(document))
            if not as_json:
                output.say(f"Registry {document['name']} is removed.")
    if as_json:
        output.show_json(found)


def _secret(*, token: bool, from_stdin: bool) -> Document:
    """The password or token, from a prompt without an echo or from stdin.

    Raises:
        Misuse: there is nobody to ask, or nothing was given.
    """
    kind = "token" if token else "password"
    if from_stdin:
        secret = sys.stdin.read().rstrip("\r\n")
    elif sys.stdin.isatty():
        secret = getpass(f"{kind.capitalize()}: ")
    else:
        raise Misuse(f"The {kind} can't be asked for without a terminal.", advice="Pipe it in with --password-stdin.")
    if not secret:
        raise Misuse(f"The {kind} is empty.")
    return {kind: secret}


def _show_change(registry: Document, done: str, *, as_json: bool) -> None:
    if as_json:
        output.show_json(registry)
    else:
        output.say(f"Registry {registry['name']} (id {registry['id']}) is {done}.")


def _path(registry: Document) -> str:
    return f"{naming.REGISTRY.path}/{registry['id']}"
