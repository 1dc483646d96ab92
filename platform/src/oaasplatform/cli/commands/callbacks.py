"""``oaas callbacks``: what could not be delivered to the URLs of ``oaas run --callback``."""

from __future__ import annotations

from typing import Annotated

import typer

from oaasplatform.cli import format, output
from oaasplatform.cli.errors import Misuse
from oaasplatform.cli.options import AsJson, Limit, node

PATH = "/callbacks"

app = typer.Typer(help="See and repeat what was not delivered to callback URLs.", no_args_is_help=True)


@app.command()
def ls(
    ctx: typer.Context,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List callbacks of which something was not delivered yet, newest execution first."""
    with node(ctx) as api:
        documents = list(api.items(PATH, limit=limit, state="dead" if dead else None))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["execution", "state", "delivered", "failures", "url", "last error"],
        [
            [
                str(each["executionId"]),
                each["state"],
                str(each["delivered"]),
                str(each["failures"]),
                each["url"],
                each["lastError"] or format.NOTHING,
            ]
            for each in documents
        ],
        empty="Everything is delivered.",
    )


@app.command()
def replay(
    ctx: typer.Context,
    executions: Annotated[
        list[int] | None, typer.Argument(metavar="[EXECUTION...]", help="Ids of executions whose changes to send.")
    ] = None,
    all_dead: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send again, now, from the first change on that was not acknowledged."""
    if bool(executions) == all_dead:
        raise Misuse("Name executions, or say --all.")
    with node(ctx) as api:
        if all_dead:
            replayed = api.post(f"{PATH}/replay")["replayed"]
        else:
            replayed = len([api.post(f"{PATH}/{id_}/replay") for id_ in executions or ()])
    if as_json:
        output.show_json({"replayed": replayed})
    else:
        output.say(f"Sent again: {replayed}.")


@app.command()
def forget(
    ctx: typer.Context,
    executions: Annotated[list[int], typer.Argument(metavar="EXECUTION...", help="Ids of executions.")],
) -> None:
    """Send nothing more about executions; they go on."""
    with node(ctx) as api:
        for id_ in executions:
            api.delete(f"{PATH}/{id_}")
            output.say(f"The callback of execution {id_} is forgotten.")


@app.command()
def secret(
    ctx: typer.Context,
    new: Annotated[bool, typer.Option("--new", help="Make a new one; the old one signs nothing any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the secret that receivers verify signatures with."""
    with node(ctx) as api:
        document = api.post(f"{PATH}/secret") if new else api.get(f"{PATH}/secret")
    if as_json:
        output.show_json(document)
    else:
        output.say(document["secret"])
