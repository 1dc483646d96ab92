"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from oaasplatform.cli.client import NodeClient

DEFAULT_URL = "http://127.0.0.1:5000"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is done, or return at once.")]
Timeout = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to wait at most.")]
By = Annotated[str | None, typer.Option("--user", help="Who stops it; default: the operator.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why, for people who see it.")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="Show at most so many.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")]

BaseImage = Annotated[
    str | None,
    typer.Option(
        envvar="OAAS_BASE_IMAGE", metavar="IMAGE", help="What a directory's image stands on. Default: its Dockerfile's."
    ),
]


def node(ctx: typer.Context) -> NodeClient:
    """The node that ``--url`` or ``OAAS_URL`` names."""
    url = ctx.find_root().obj
    assert isinstance(url, str)
    return NodeClient(url)
