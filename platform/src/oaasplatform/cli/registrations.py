"""What a registration says beside the image: options, and a file for what is too long for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from oaasplatform.cli.client import Document
from oaasplatform.cli.errors import Misuse

Protocol = Annotated[
    str | None,
    typer.Option(
        metavar="DIALECT",
        help="oaas, optimaix, matlab, cog, command, direct; `auto` (the default) finds it out.",
    ),
]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port inside the container.")]
ReadyTimeout = Annotated[
    float | None, typer.Option(min=1, metavar="SECONDS", help="How long an instance may take until it answers.")
]
Concurrency = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Runs at a time, for dialects that can't say. Default: 1.")
]
MaxExecutions = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Executions at the same time on all its instances; 0: as they have slots."),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", "-F", metavar="FILE", help="YAML or JSON with any fields of a registration: stack, commands, ..."
    ),
]


def registration(
    file: Path | None,
    *,
    protocol: str | None,
    port: int | None,
    ready_timeout: float | None,
    concurrency: int | None,
    max_executions: int | None,
) -> Document:
    """Fields of ``POST /algorithmRepositories``: those of the file, and the options on top.

    Raises:
        Misuse: the file can't be read.
    """
    said = {"protocol": protocol, "port": port, "readyTimeoutInSeconds": ready_timeout, "concurrency": concurrency}
    document = {**(_read(file) if file else {}), **{name: value for name, value in said.items() if value is not None}}
    if max_executions is not None:
        document["maxConcurrentExecutions"] = max_executions or None
    return document


def _read(file: Path) -> Document:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misuse(f"The file {file} can't be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misuse(f"The file {file} is neither YAML nor JSON: {error}.") from error
    if not isinstance(document, dict):
        raise Misuse(f"The file {file} has no fields of a registration.", advice="For example: `port: 8080`")
    return document
