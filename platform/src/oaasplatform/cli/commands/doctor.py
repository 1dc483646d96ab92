"""``oaas doctor``: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import checks, output
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.options import AsJson, node


def doctor(
    ctx: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the node would keep everything. [env: OAAS_DATA_DIR]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check what a node needs on this machine, and whether one answers."""
    from oaasplatform.diagnosis import diagnose
    from oaasplatform.domain.errors import OaasError
    from oaasplatform.settings import load_settings

    try:
        settings = load_settings(data_dir=data_dir)
    except OaasError as error:
        raise Failure(f"The settings are not valid: {error.detail}", advice="Correct the environment.") from error
    with output.busy("Looking around", quiet=as_json), node(ctx) as api:
        found = checks.local(settings.data_dir)
        found += [
            checks.Finding(each.name, each.ok, each.detail, each.advice) for each in asyncio.run(diagnose(settings))
        ]
        found.append(checks.node_answers(api, settings.host, settings.port))
    failed = [each for each in found if each.status == "fail"]
    if as_json:
        output.show_json([each.document() for each in found])
    else:
        output.show_table(
            ["status", "check", "finding", "what to do"],
            [[each.status, each.name, each.detail, each.advice or ""] for each in found],
            empty="",
        )
    if failed:
        raise typer.Exit(1)
