"""``oaas repo``: algorithm repositories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import format, naming, output, registrations
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.errors import Failure, Misuse
from oaasplatform.cli.options import AsJson, BaseImage, Timeout, Wait, node
from oaasplatform.cli.waiting import REPOSITORY_BUSY, settle

app = typer.Typer(help="Register algorithm repositories.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="REPOSITORY", help="Name or id.")]
Registry = Annotated[
    str | None,
    typer.Option(metavar="REGISTRY", help="Pull with its credentials; `auto` (the default) goes by the image's host."),
]
_AUTO = "auto"


@app.command()
def add(
    ctx: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="IMAGE|DIR", help="An image, or the directory of a project. May be left out if --file has a stack."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Default: the last part of IMAGE or DIR.")] = None,
    description: Annotated[str | None, typer.Option()] = None,
    registry: Registry = None,
    protocol: registrations.Protocol = None,
    port: registrations.Port = None,
    ready_timeout: registrations.ReadyTimeout = None,
    concurrency: registrations.Concurrency = None,
    max_executions: registrations.MaxExecutions = None,
    file: registrations.File = None,
    base_image: BaseImage = None,
    wait: Wait = True,
    timeout: Timeout = 600,
    as_json: AsJson = False,
) -> None:
    """Register a repository.

    A directory is built into an image first; a node without a container engine runs it from source. Images that were
    not made for the platform work too: docs/dialects says which, and what --file may hold.
    """
    document = registrations.registration(
        file,
        protocol=protocol,
        port=port,
        ready_timeout=ready_timeout,
        concurrency=concurrency,
        max_executions=max_executions,
    )
    source = source or document.get("image")
    chosen = name or document.get("name") or (source and default_name(source))
    if not chosen:
        raise Misuse("The repository has no name.", advice="Give one with --name, or as `name` in the file.")
    with node(ctx) as api:
        document |= {"name": chosen, **_credentials(api, registry)}
        if description is not None:
            document["description"] = description
        if source:
            document["image"] = deployable(api, source, chosen, base_image, quiet=as_json)
        repository = api.post(naming.REPOSITORY.path, document)
        _finish(api, repository, wait=wait, timeout=timeout, as_json=as_json)


@app.command()
def update(
    ctx: typer.Context,
    repository: Named,
    source: Annotated[
        str | None, typer.Argument(metavar="IMAGE|DIR", help="The new image, or the directory again.")
    ] = None,
    registry: Registry = None,
    protocol: registrations.Protocol = None,
    port: registrations.Port = None,
    ready_timeout: registrations.ReadyTimeout = None,
    concurrency: registrations.Concurrency = None,
    max_executions: registrations.MaxExecutions = None,
    file: registrations.File = None,
    base_image: BaseImage = None,
    wait: Wait = True,
    timeout: Timeout = 600,
    as_json: AsJson = False,
) -> None:
    """Give a repository another image, or deploy it in another way; its instances follow as soon as they are idle."""
    changes = registrations.registration(
        file,
        protocol=protocol,
        port=port,
        ready_timeout=ready_timeout,
        concurrency=concurrency,
        max_executions=max_executions,
    )
    with node(ctx) as api:
        found = naming.find(api, naming.REPOSITORY, repository)
        changes |= _credentials(api, registry)
        if source:
            changes["image"] = deployable(api, source, found["name"], base_image, quiet=as_json)
        if not changes:
            raise Misuse("Nothing was said that could change.", advice="Give an image, a directory, or an option.")
        document = api.put(_path(found), changes)
        _finish(api, document, wait=wait, timeout=timeout, as_json=as_json)


@app.command()
def refresh(
    ctx: typer.Context, repository: Named, wait: Wait = True, timeout: Timeout = 600, as_json: AsJson = False
) -> None:
    """Pull the image again and find out again which algorithms are in it."""
    with node(ctx) as api:
        found = naming.find(api, naming.REPOSITORY, repository)
        document = api.post(f"{_path(found)}/refresh")
        _finish(api, document, wait=wait, timeout=timeout, as_json=as_json)


@app.command()
def ls(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option(help="registering, ready or failed.")] = None,
    as_json: AsJson = False,
) -> None:
    """List repositories."""
    with node(ctx) as api:
        documents = list(api.items(naming.REPOSITORY.path, status=status))
    if as_json:
        output.show_json(documents)
        return
    output.show_table(
        ["id", "name", "status", "image", "created", "reason"],
        [
            [
                str(each["id"]),
                each["name"],
                each["status"],
                each["image"],
                format.since(each["createdAt"]),
                each["reason"] or "",
            ]
            for each in documents
        ],
        empty="No repositories. Register one with `oaas repo add IMAGE|DIR`.",
    )


@app.command()
def show(ctx: typer.Context, repository: Named, as_json: AsJson = False) -> None:
    """Show one repository and its algorithms."""
    with node(ctx) as api:
        document = naming.find(api, naming.REPOSITORY, repository)
        algorithms = _algorithms(api, document)
    if as_json:
        output.show_json(document)
        return
    output.show_fields(
        {
            "id": str(document["id"]),
            "name": document["name"],
            "description": document["description"],
            "status": document["status"],
            "reason": document["reason"] or "",
            "image": document["image"],
            "registry": str(document["registryId"] or ""),
            "digest": document["digest"] or "",
            "protocol": document["protocol"],
            "executions at a time": str(document["maxConcurrentExecutions"] or ""),
            "services": ", ".join((document["stack"] or {"services": {}})["services"]),
            "algorithms": ", ".join(each["name"] for each in algorithms),
            "created": format.since(document["createdAt"]),
            "modified": format.since(document["modifiedAt"]),
        }
    )


@app.command()
def rm(
    ctx: typer.Context,
    repositories: Annotated[list[str], typer.Argument(metavar="REPOSITORY...", help="Names or ids.")],
) -> None:
    """Remove repositories; their instances have to be removed before."""
    with node(ctx) as api:
        for document in [naming.find(api, naming.REPOSITORY, each) for each in repositories]:
            api.delete(_path(document))
            output.say(f"Repository {document['name']} is removed.")


def _credentials(api: NodeClient, registry: str | None) -> Document:
    """The part of a request that names the registry; empty leaves it as it is."""
    if registry is None:
        return {}
    return {"registryId": None if registry == _AUTO else naming.find(api, naming.REGISTRY, registry)["id"]}


def default_name(source: str) -> str:
    """The last part of a directory or of an image reference, without tag or digest."""
    if Path(source).is_dir():
        return Path(source).resolve().name
    return source.partition("@")[0].rpartition("/")[2].partition(":")[0]


def deployable(api: NodeClient, source: str, name: str, base_image: str | None, *, quiet: bool) -> str:
    """What the node is to deploy: the image, built from the directory if ``source`` is one and the node has an engine.

    Raises:
        Failure: the build failed.
    """
    directory = Path(source)
    if not directory.is_dir():
        return source
    if api.get("/info")["runtime"]["name"] == "process":
        return str(directory.resolve())
    from oaasplatform.cli.images.build import build_image

    with output.busy(f"Building the image of {name}", quiet=quiet) as tell:
        return build_image(directory.resolve(), name, base_image=base_image, tell=tell)


def _finish(api: NodeClient, repository: Document, *, wait: bool, timeout: float, as_json: bool) -> None:
    """Wait if wanted, and show what became of a registration."""
    if wait:
        with output.busy(f"Registering {repository['name']}", quiet=as_json) as tell:
            repository = settle(api, _path(repository), REPOSITORY_BUSY, timeout=timeout, on_change=tell)
    if as_json:
        output.show_json(repository)
    if repository["status"] == "failed":
        raise Failure(
            f"Repository {repository['name']} (id {repository['id']}) could not be registered: {repository['reason']}",
            advice=f"Try again with `oaas repo refresh {repository['id']}`, or remove it with `oaas repo rm`.",
        )
    if as_json:
        return
    output.say(f"Repository {repository['name']} (id {repository['id']}) is {repository['status']}.")
    if wait:
        names = [each["name"] for each in _algorithms(api, repository)]
        if names:
            output.say(f"Its algorithms ({repository['protocol']}): {', '.join(names)}")
        else:
            output.say("It has no algorithms; its instances answer under /algorithmRepositoriesInstances/ID/proxy/.")
        output.note(f"Deploy it with `oaas instance create {repository['name']}`.")


def _algorithms(api: NodeClient, repository: Document) -> list[Document]:
    return list(api.items(naming.ALGORITHM.path, algorithmRepositoryId=repository["id"]))


def _path(repository: Document) -> str:
    return f"{naming.REPOSITORY.path}/{repository['id']}"
