"""``oaas node``: the node's membership of a master."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

import typer

from oaasplatform.cli import format, output
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.options import AsJson, Timeout, Wait, node
from oaasplatform.cli.waiting import POLL_SECONDS

_PATH = "/master"

app = typer.Typer(help="Let the node join a master, or leave it.", no_args_is_help=True)


@app.command()
def join(
    ctx: typer.Context,
    master: Annotated[str, typer.Argument(metavar="MASTER_URL", help="For example http://master.example.org:5001.")],
    token: Annotated[str, typer.Option(metavar="TOKEN", help="One that `oaas master token` has made.")],
    address: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where the master reaches this node. Default: as `oaas up` listens."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Join a master. Joining the same one again makes new keys, and tells it another address."""
    body = {"url": master, "token": token} | ({} if address is None else {"address": address})
    with node(ctx) as api:
        membership = api.put(_PATH, body)
    if as_json:
        output.show_json(membership)
    else:
        output.say(f"The node is number {membership['oaasNodeId']} of the master at {membership['masterUrl']}.")


@app.command()
def leave(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Forget the master at once, without telling it.")] = False,
    wait: Wait = True,
    timeout: Timeout = 3600,
    as_json: AsJson = False,
) -> None:
    """Leave the master: nothing new comes from it, and what it has running here is finished first."""
    with node(ctx) as api:
        membership = api.delete(_PATH, force=force)
        if wait and membership["state"] == "leaving":
            membership = _left(api, timeout, quiet=as_json)
    if as_json:
        output.show_json(membership)
    elif membership["state"] == "none":
        output.say("The node belongs to no master.")
    else:
        output.say("The node leaves as soon as what the master has running here is finished.")


@app.command()
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show which master the node belongs to, and whether it hears the node."""
    with node(ctx) as api:
        membership = api.get(_PATH)
    if as_json:
        output.show_json(membership)
        return
    if membership["state"] == "none":
        output.say("The node belongs to no master. Let it join one with `oaas node join MASTER_URL --token TOKEN`.")
        return
    output.show_fields(
        {
            "state": membership["state"],
            "master": membership["masterUrl"],
            "node id": str(membership["oaasNodeId"] or ""),
            "heard": format.since(membership["heardAt"]) if membership["heardAt"] else "",
            "trouble": membership["trouble"] or "",
        }
    )


def _left(api: NodeClient, timeout: float, *, quiet: bool) -> Document:
    """The membership as soon as the node has left."""
    deadline = monotonic() + timeout
    with output.busy("finishing what the master has running here", quiet=quiet):
        while True:
            left = deadline - monotonic()
            membership: Document = api.get(_PATH, wait=max(0.0, min(POLL_SECONDS, left)))
            if membership["state"] != "leaving":
                return membership
            if left <= 0:
                raise Failure(
                    f"The node has not left after {format.duration(timeout)}.",
                    advice="It still does, once what the master has running here is finished; or use --force.",
                )
