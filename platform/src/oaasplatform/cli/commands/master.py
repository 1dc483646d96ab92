"""``oaas master``: one door to many nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import format, output
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.errors import Failure, Misuse
from oaasplatform.cli.options import AsJson

DEFAULT_MASTER_URL = "http://127.0.0.1:5001"
_NODES = "/oaasNodes"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

app = typer.Typer(help="Run a master, and look after the nodes that have joined it.", no_args_is_help=True)


@app.callback()
def master(
    ctx: typer.Context,
    url: Annotated[
        str, typer.Option(envvar="OAAS_MASTER_URL", metavar="URL", help="Address of the master.")
    ] = DEFAULT_MASTER_URL,
) -> None:
    """Run a master, and look after the nodes that have joined it."""
    ctx.obj = url


@app.command()
def up(
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the master keeps everything. [env: OAAS_DATA_DIR]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 picks a free one. [default: 5001]")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the url as JSON here once the master is ready.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a master in the foreground until SIGTERM or Ctrl-C. Nodes go on without it and report when it is back."""
    from oaasplatform.domain.errors import OaasError
    from oaasplatform.master.main import serve
    from oaasplatform.master.settings import load_settings

    def announce(url: str) -> None:
        facts = {"url": url, "docs": f"{url}/docs", "dataDir": str(settings.data_dir)}
        if ready_file is not None:
            output.write_document(ready_file, {"url": url})
        if as_json:
            print(json.dumps(facts), flush=True)
        else:
            output.show_heading("The master is ready.")
            output.show_fields({"API": url, "documentation": facts["docs"], "data": facts["dataDir"]})
            output.note("Let a node join: `oaas master token` here, `oaas node join` there. Stop it with Ctrl-C.")

    try:
        settings = load_settings(data_dir=data_dir, port=port, host=host)
        serve(settings, on_ready=announce)
    except OaasError as error:
        raise Failure(f"The master can't start: {error.detail}") from error
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


@app.command()
def token(
    ctx: typer.Context,
    expires: Annotated[str, typer.Option(metavar="TIME", help="How long it is good: 90s, 30m, 1h, 7d.")] = "1h",
    as_json: AsJson = False,
) -> None:
    """Make a token that lets one node join, once. It is shown here and never again."""
    with NodeClient(ctx.obj) as api:
        made = api.post(f"{_NODES}/tokens", {"expiresInSeconds": _seconds(expires)})
    if as_json:
        output.show_json(made)
        return
    output.say(made["token"])
    output.note(f"On the node: oaas node join {ctx.obj} --token {made['token']}")


@app.command()
def nodes(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option(help="Only those that are ready, draining or unreachable.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the nodes that have joined."""
    with NodeClient(ctx.obj) as api:
        documents = list(api.items(_NODES, status=status))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "name", "status", "address", "last seen", "free slots", "queue", "labels"],
        [_row(each) for each in documents],
        empty="No nodes. Make a token with `oaas master token` and let one join.",
    )


@app.command()
def label(
    ctx: typer.Context,
    node: Annotated[int, typer.Argument(metavar="NODE", help="Its id, see `oaas master nodes`.")],
    labels: Annotated[
        list[str], typer.Argument(metavar="LABEL...", help="NAME=VALUE sets a label, NAME= takes it away.")
    ],
    as_json: AsJson = False,
) -> None:
    """Set labels of a node, which executions can ask for with their affinity."""
    changes = dict(_pair(each) for each in labels)
    with NodeClient(ctx.obj) as api:
        wanted = {**api.get(f"{_NODES}/{node}")["labels"], **changes}
        kept = {name: value for name, value in wanted.items() if value}
        changed = api.put(f"{_NODES}/{node}", {"labels": kept})
    if as_json:
        output.show_json(changed)
    else:
        output.say(f"Node {changed['name']} (id {node}): {_labels(changed) or 'no labels'}.")


@app.command()
def remove(
    ctx: typer.Context, node: Annotated[int, typer.Argument(metavar="NODE", help="Its id.")], as_json: AsJson = False
) -> None:
    """Forget a node that will not come back. One that is there should leave by itself: `oaas node leave`."""
    with NodeClient(ctx.obj) as api:
        document = api.get(f"{_NODES}/{node}")
        api.delete(f"{_NODES}/{node}")
    if as_json:
        output.show_json(document)
    else:
        output.say(f"Node {document['name']} (id {node}) is forgotten.")


def _row(node: Document) -> list[str]:
    repositories = node["load"].get("repositories", [])
    free = sum(each["free"] for each in repositories)
    slots = sum(each["slots"] for each in repositories)
    return [
        str(node["id"]),
        node["name"],
        node["status"],
        node["baseUrl"],
        format.since(node["lastSeenAt"]),
        f"{free} of {slots}",
        str(node["load"].get("queueLength", 0)),
        _labels(node),
    ]


def _labels(node: Document) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(node["labels"].items()))


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise Misuse(f"{text!r} is no label.", advice="Write it like country=de.")
    return name, value


def _seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        raise Misuse(f"{text!r} is no time.", advice="Write it like 90s, 30m, 1h or 7d.")
    return int(number) * _UNITS[unit]
