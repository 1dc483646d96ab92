"""Where an execution is to run: on an instance of a node, or on a node of a master."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oaasplatform.cli import naming
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.errors import Failure, Misuse


def place_fields(
    api: NodeClient,
    algorithm: Document,
    instance: str | None,
    affinity: Sequence[str],
    *,
    start_instance: bool,
    must_run: bool,
) -> dict[str, Any]:
    """What a request says about that. A master is told by its algorithms, which say what nodes they are on."""
    if "nodes" in algorithm:
        if instance is not None:
            raise Misuse("A master chooses the instance; --affinity says what its node has to be.")
        return {"affinity": dict(_label(each) for each in affinity), "startInstance": start_instance}
    if affinity or start_instance:
        raise Misuse("--affinity and --start-instance are for masters, and this is a node.")
    return {"algorithmRepositoryInstanceId": _instance_id(api, algorithm, instance, must_run=must_run)}


def _label(text: str) -> tuple[str, str]:
    label, equals, value = text.partition("=")
    if not label or not equals or not value:
        raise Misuse(f"{text!r} is no label with a value: give --affinity country=de.")
    return label, value


def _instance_id(api: NodeClient, algorithm: Document, instance: str | None, *, must_run: bool) -> int | None:
    """The instance to name in the request; the node chooses one when there is none to name."""
    if instance is not None:
        return int(naming.find(api, naming.INSTANCE, instance)["id"])
    repository = algorithm["algorithmRepositoryId"]
    instances = list(api.items(naming.INSTANCE.path, algorithmRepositoryId=repository))
    if must_run and not any(each["desired"] == "running" for each in instances):
        name = algorithm["algorithmRepositoryName"]
        stopped = next((each["name"] for each in instances if each["desired"] == "stopped"), None)
        raise Failure(
            f"No instance of the repository {name} is running.",
            advice=f"Start one with `oaas instance start {stopped}`."
            if stopped
            else f"Create one with `oaas instance create {name}`.",
        )
    return None
