"""People name resources by id or by name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.errors import Failure


@dataclass(frozen=True)
class Kind:
    """A kind of resource that has names."""

    noun: str
    path: str
    list_command: str


REPOSITORY = Kind("repository", "/algorithmRepositories", "oaas repo ls")
INSTANCE = Kind("instance", "/algorithmRepositoriesInstances", "oaas instance ls")
REGISTRY = Kind("registry", "/registries", "oaas registry ls")
ALGORITHM = Kind("algorithm", "/algorithms", "oaas algorithms")


def find(api: NodeClient, kind: Kind, reference: str) -> Document:
    """The resource with this id or name; an algorithm may be named ``repository/algorithm``, too.

    Raises:
        Failure: there is none, or several have the name.
    """
    if reference.isdecimal():
        document: Document = api.get(f"{kind.path}/{reference}")
        return document
    repository, _, name = reference.rpartition("/") if kind is ALGORITHM else ("", "", reference)
    found = [
        document
        for document in api.items(kind.path, name=name)
        if document["name"] == name and repository in ("", document.get("algorithmRepositoryName"))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure(
            f"{len(found)} {_plural(kind)} have the name {reference!r}.",
            details=[_candidate(document) for document in found],
            advice="Name the one you mean by its id.",
        )
    raise Failure(
        f"There is no {kind.noun} with the name {reference!r}.", advice=_advice(api, kind, name, whole=not repository)
    )


def _plural(kind: Kind) -> str:
    return f"{kind.noun.removesuffix('y')}ies" if kind.noun.endswith("y") else f"{kind.noun}s"


def _candidate(document: Document) -> str:
    repository = document.get("algorithmRepositoryName")
    return f"{document['id']}: {document['name']}" + (f" of repository {repository}" if repository else "")


def _advice(api: NodeClient, kind: Kind, name: str, *, whole: bool) -> str:
    names = {document["name"] for document in api.items(kind.path)}
    close = difflib.get_close_matches(name, names, n=3) if whole else []
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"`{kind.list_command}` lists all."
