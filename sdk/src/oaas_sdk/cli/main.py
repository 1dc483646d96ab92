"""Commands of ``oaas-sdk``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Write algorithm repositories for the OaaS Platform.

An algorithm is one typed function with the decorator `@oaas_sdk.algorithm`. Start with `oaas-sdk init my-algorithms`,
look at what it wrote, check it with `oaas-sdk test`, serve it with `oaas-sdk serve`.""",
)

Module = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODULE]",
        help="`package.module`, `package.module:repository` or `file.py`. "
        "Default: `module` in `[tool.oaas]` of ./pyproject.toml.",
        show_default=False,
    ),
]


@app.command()
def serve(module: Module = None) -> None:
    """Serve the algorithms of a module over HTTP, until SIGTERM or Ctrl-C.

    Environment: `OAAS_HOST` (default 0.0.0.0), `OAAS_PORT` (55955; 0 picks a free one), `OAAS_PORT_FILE` (gets the
    port), `OAAS_CONCURRENCY` (runs at the same time, 1), `OAAS_MAX_BODY_BYTES` (64 MiB), `OAAS_MAX_LOG_BYTES` (kept
    of each run, 4 MiB), `OAAS_MAX_KEPT_BYTES` (outputs and logs of finished runs, 64 MiB).

    Exit code 1 when the module cannot be imported: its traceback is on stderr.
    """
    from oaas_sdk.author.errors import RepositoryError
    from oaas_sdk.author.project import find_target
    from oaas_sdk.server.main import serve as serve_module
    from oaas_sdk.server.settings import Settings, SettingsError

    try:
        code = serve_module(find_target(module), Settings.from_environment())
    except (RepositoryError, SettingsError, OSError) as error:
        typer.echo(f"oaas-sdk: {error}", err=True)
        code = 2
    sys.exit(code)


@app.command()
def describe(module: Module = None) -> None:
    """Print the descriptors of all algorithms as JSON: what a node learns when it registers the repository."""
    import msgspec

    from oaas_sdk.author.errors import RepositoryError
    from oaas_sdk.author.project import find_target, load

    try:
        repository = load(find_target(module))
    except RepositoryError as error:
        typer.echo(f"oaas-sdk: {error}", err=True)
        raise typer.Exit(2) from None
    descriptors = msgspec.json.encode([algorithm.descriptor() for algorithm in repository])
    typer.echo(msgspec.json.format(descriptors).decode())
