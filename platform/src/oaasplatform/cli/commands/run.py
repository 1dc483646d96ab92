"""``oaas run``: submit an input to an algorithm and wait for the output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import naming, output
from oaasplatform.cli.follow import EXECUTIONS, follow
from oaasplatform.cli.inputs import read_input
from oaasplatform.cli.options import AsJson, node
from oaasplatform.cli.places import place_fields
from oaasplatform.cli.progress import ProgressView
from oaasplatform.cli.results import deliver


def run(
    ctx: typer.Context,
    algorithm: Annotated[str, typer.Argument(help="Name or id; REPOSITORY/NAME where several have the name.")],
    source: Annotated[
        str | None, typer.Option("--input", "-i", metavar="FILE", help="JSON document; `-` reads stdin. Default: {}.")
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set", "-s", metavar="KEY=VALUE", help="Put a value into the input: --set mipGap=0.01, --set a.b=text."
        ),
    ] = None,
    instance: Annotated[
        str | None, typer.Option(help="Name or id of the instance to use. Default: any free one.")
    ] = None,
    affinity: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=VALUE", help="On a master: a label that the node must have; may be repeated."),
    ] = None,
    start_instance: Annotated[
        bool, typer.Option("--start-instance", help="On a master: start an instance if no slot is free.")
    ] = False,
    time_limit: Annotated[
        float | None, typer.Option(min=0.001, metavar="SECONDS", help="Stop the run after that.")
    ] = None,
    priority: Annotated[int, typer.Option(min=-100, max=100, help="Higher ones start first.")] = 0,
    user: Annotated[str | None, typer.Option(help="Whom the execution is for.")] = None,
    callback: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Every change is posted there, signed: see `oaas callbacks secret`."),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the output document into a file.")
    ] = None,
    as_json: AsJson = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the end, or return once it is queued.")
    ] = True,
) -> None:
    """Run an algorithm.

    The output goes to stdout, progress to stderr. While it runs, Ctrl-C asks for the best solution found so far, and
    a second Ctrl-C stops the execution. With --no-wait it goes on by itself: see `oaas executions`.
    """
    document = read_input(source, assignments or [])
    with node(ctx) as api:
        chosen = naming.find(api, naming.ALGORITHM, algorithm)
        request = {
            "algorithmId": chosen["id"],
            "input": document,
            "maxRunningTimeInSeconds": time_limit,
            "priority": priority,
            "userId": user,
            "callbackUrl": callback,
            **place_fields(api, chosen, instance, affinity or [], start_instance=start_instance, must_run=wait),
        }
        if wait:
            with ProgressView(chosen["name"]) as view:
                execution = follow(api, lambda: api.post(EXECUTIONS, request), view)
        else:
            execution = api.post(EXECUTIONS, request)
    if not wait:
        if as_json:
            output.show_json(execution)
        else:
            output.say(f"Execution {execution['id']} of {chosen['name']} is queued.")
            output.note(f"Follow it with `oaas executions watch {execution['id']}`.")
        return
    deliver(execution, target, as_json=as_json)
