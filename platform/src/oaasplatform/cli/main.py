"""Entry point of ``oaas``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from oaasplatform.cli import output
from oaasplatform.cli.commands import (
    algorithms,
    batch,
    batches,
    callbacks,
    compare,
    demo,
    doctor,
    executions,
    instance,
    master,
    node,
    registry,
    repo,
    run,
    up,
)
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.options import DEFAULT_URL


class Root(TyperGroup):
    """Turns failures of any command into one sentence on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Failure as failure:
            output.show_failure(failure)
            raise typer.Exit(failure.exit_code) from failure


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("oaas-platform"))
        raise typer.Exit


app = typer.Typer(
    cls=Root,
    help="Optimization as a Service: deploy algorithm repositories and run their algorithms.",
    epilog="Start with `oaas demo`, or `oaas up` and then `oaas repo add`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    ctx: typer.Context,
    url: Annotated[str, typer.Option(envvar="OAAS_URL", metavar="URL", help="Address of the node.")] = DEFAULT_URL,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Optimization as a Service: deploy algorithm repositories and run their algorithms."""
    ctx.obj = url


app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.add_typer(repo.app, name="repo")
app.add_typer(registry.app, name="registry")
app.add_typer(instance.app, name="instance")
app.add_typer(algorithms.app, name="algorithms")
app.command("run")(run.run)
app.command("batch")(batch.batch)
app.add_typer(batches.app, name="batches")
app.add_typer(executions.app, name="executions")
app.add_typer(master.app, name="master")
app.add_typer(node.app, name="node")
app.add_typer(callbacks.app, name="callbacks")
app.command("compare")(compare.compare)
