"""``oaas instance``: deployments of repositories."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from oaasplatform.cli import format, naming, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.options import AsJson, Follow, Timeout, Wait, node
from oaasplatform.cli.quotas import QUOTA_HEADERS, quota_rows, quota_text
from oaasplatform.cli.waiting import INSTANCE_BUSY, gone, settle

app = typer.Typer(help="Deploy repositories under a quota.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="INSTANCE", help="Name or id.")]


@app.command()
def create(
    ctx: typer.Context,
    repository: Annotated[str, typer.Argument(help="Name or id of the repository to deploy.")],
    name: Annotated[str | None, typer.Option(help="Default: the repository's name and a number.")] = None,
    description: Annotated[str, typer.Option()] = "",
    cpu: Annotated[str | None, typer.Option(help="Cores, for example 0.5 or '2 cores'.")] = None,
    ram: Annotated[str | None, typer.Option(help="Memory, for example 512MB or 2GiB.")] = None,
    disk: Annotated[str | None, typer.Option(help="Writable space, for example 1GB.")] = None,
    bandwidth: Annotated[str | None, typer.Option(help="Network, each direction, for example 100Mbps.")] = None,
    pids: Annotated[int | None, typer.Option(help="Processes and threads.")] = None,
    gpus: Annotated[int | None, typer.Option(help="Graphics processors.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a quota that can't be enforced as a whole.")] = False,
    standby: Annotated[
        bool, typer.Option("--standby", help="Keep it ready as a spare, for when no other one has a free slot.")
    ] = False,
    wait: Wait = True,
    timeout: Timeout = 180,
    as_json: AsJson = False,
) -> None:
    """Deploy a repository: start an instance of it under a quota."""
    quota = {
        "cpu": cpu,
        "ram": ram,
        "diskSpace": disk,
        "networkBandwidth": bandwidth,
        "pids": pids,
        "gpus": gpus,
    }
    with node(ctx) as api:
        instance = api.post(
            naming.INSTANCE.path,
            {
                "name": name,
                "description": description,
                "algorithmRepositoryId": naming.find(api, naming.REPOSITORY, repository)["id"],
                "quotaInformation": {part: amount for part, amount in quota.items() if amount is not None},
                "strict": strict,
                "standby": standby,
            },
        )
        if wait:
            with output.busy(f"Starting {instance['name']}", quiet=as_json) as tell:
                instance = settle(api, _path(instance), INSTANCE_BUSY, timeout=timeout, on_change=tell)
    if as_json:
        output.show_json(instance)
    elif not wait:
        output.say(f"Instance {instance['name']} (id {instance['id']}) is {instance['status']}.")
    elif instance["status"] == "ready":
        output.say(f"Instance {instance['name']} (id {instance['id']}) is ready.")
        _show_quota(instance)
    if wait:
        _demand(instance, "ready")


@app.command()
def ls(
    ctx: typer.Context,
    repository: Annotated[str | None, typer.Option(help="Only those of this repository, by name or id.")] = None,
    status: Annotated[str | None, typer.Option(help="pending, starting, ready, stopped, failed, ...")] = None,
    as_json: AsJson = False,
) -> None:
    """List instances."""
    with node(ctx) as api:
        chosen = naming.find(api, naming.REPOSITORY, repository)["id"] if repository else None
        documents = list(api.items(naming.INSTANCE.path, algorithmRepositoryId=chosen, status=status))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "name", "repository", "status", "quota", "restarts", "up", "reason"],
        [
            [
                str(each["id"]),
                each["name"],
                each["algorithmRepositoryName"],
                each["status"],
                quota_text(each["quotaInformation"]),
                str(each["restarts"]),
                format.duration(format.between(each["readyAt"], None)) if each["status"] == "ready" else format.NOTHING,
                each["reason"] or "",
            ]
            for each in documents
        ],
        empty="No instances. Deploy a repository with `oaas instance create REPOSITORY`.",
    )


@app.command()
def show(ctx: typer.Context, instance: Named, as_json: AsJson = False) -> None:
    """Show one instance and what holds of its quota."""
    with node(ctx) as api:
        document = naming.find(api, naming.INSTANCE, instance)
        proxy = f"{api.url}{_path(document)}/proxy/"
    if as_json:
        output.show_json(document)
        return
    output.show_fields(
        {
            "id": str(document["id"]),
            "name": document["name"],
            "description": document["description"],
            "repository": document["algorithmRepositoryName"],
            "status": document["status"],
            "reason": document["reason"] or "",
            "wanted": document["desired"],
            "container": document["unitId"] or "",
            "proxy": proxy if document["unitId"] else "",
            "digest": document["digest"],
            "concurrency": str(document["concurrency"]),
            "standby": "yes" if document["standby"] else "",
            "restarts": str(document["restarts"]),
            "started": format.since(document["startedAt"]),
            "created": format.since(document["createdAt"]),
        }
    )
    _show_quota(document)


@app.command()
def stop(
    ctx: typer.Context, instance: Named, wait: Wait = True, timeout: Timeout = 60, as_json: AsJson = False
) -> None:
    """Stop an instance; it can be started again."""
    _change(ctx, instance, "stop", "stopped", wait=wait, timeout=timeout, as_json=as_json)


@app.command()
def start(
    ctx: typer.Context, instance: Named, wait: Wait = True, timeout: Timeout = 180, as_json: AsJson = False
) -> None:
    """Start a stopped or failed instance."""
    _change(ctx, instance, "start", "ready", wait=wait, timeout=timeout, as_json=as_json)


@app.command()
def standby(
    ctx: typer.Context,
    instance: Named,
    spare: Annotated[bool, typer.Option("--on/--off", help="Keep it as a spare, or let it take its part.")] = True,
    as_json: AsJson = False,
) -> None:
    """Keep an instance ready as a spare: it takes executions only while no other one has a free slot."""
    with node(ctx) as api:
        document = api.put(_path(naming.find(api, naming.INSTANCE, instance)), {"standby": spare})
    if as_json:
        output.show_json(document)
    else:
        output.say(f"Instance {document['name']} is {'on standby' if spare else 'not on standby any more'}.")


@app.command()
def rm(
    ctx: typer.Context,
    instances: Annotated[list[str], typer.Argument(metavar="INSTANCE...", help="Names or ids.")],
    wait: Wait = True,
    timeout: Timeout = 60,
) -> None:
    """Remove instances with their containers."""
    with node(ctx) as api:
        for document in [naming.find(api, naming.INSTANCE, each) for each in instances]:
            api.delete(_path(document))
            if wait:
                with output.busy(f"Removing {document['name']}"):
                    gone(api, _path(document), timeout=timeout)
            output.say(f"Instance {document['name']} is {'removed' if wait else 'being removed'}.")


@app.command()
def logs(
    ctx: typer.Context,
    instance: Named,
    tail: Annotated[int | None, typer.Option(min=0, metavar="N", help="Only the last N lines.")] = None,
    following: Follow = False,
) -> None:
    """Print what an instance wrote."""
    with node(ctx) as api:
        path = _path(naming.find(api, naming.INSTANCE, instance))
        for text in api.text(f"{path}/logs", tail=tail, follow=following or None):
            sys.stdout.write(text)
            sys.stdout.flush()


@app.command()
def stats(ctx: typer.Context, instance: Named, as_json: AsJson = False) -> None:
    """Show what an instance uses right now."""
    with node(ctx) as api:
        document = api.get(f"{_path(naming.find(api, naming.INSTANCE, instance))}/stats")
    if as_json:
        output.show_json(document)
        return
    limit = document["memoryLimit"]
    output.show_fields(
        {
            "processor": format.cores(document["cpu"]),
            "memory": format.size(document["memory"]) + (f" of {format.size(limit)}" if limit else ""),
            "processes": str(document["pids"]),
            "received": format.size(document["networkReceived"]),
            "sent": format.size(document["networkSent"]),
        }
    )


def _change(
    ctx: typer.Context, instance: str, action: str, target: str, *, wait: bool, timeout: float, as_json: bool
) -> None:
    with node(ctx) as api:
        path = _path(naming.find(api, naming.INSTANCE, instance))
        document = api.post(f"{path}/{action}")
        if wait:
            with output.busy(f"{document['name']}: {action}", quiet=as_json) as tell:
                document = settle(api, path, INSTANCE_BUSY, timeout=timeout, on_change=tell)
    if as_json:
        output.show_json(document)
    elif not wait or document["status"] == target:
        output.say(f"Instance {document['name']} is {document['status']}.")
    if wait:
        _demand(document, target)


def _demand(instance: Document, status: str) -> None:
    if instance["status"] != status:
        raise Failure(
            f"Instance {instance['name']} is {instance['status']}"
            + (f": {instance['reason']}" if instance["reason"] else "."),
            advice=f"What it wrote: `oaas instance logs {instance['id']}`",
        )


def _show_quota(instance: Document) -> None:
    rows = quota_rows(instance)
    if rows:
        output.show_heading("Quota")
        output.show_table(QUOTA_HEADERS, rows, empty="")


def _path(instance: Document) -> str:
    return f"{naming.INSTANCE.path}/{instance['id']}"
