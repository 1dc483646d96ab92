"""Commands of ``oaas-sdk``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
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
def init(
    name: Annotated[str, typer.Argument(help="Name of the project, for example `my-algorithms`.", show_default=False)],
    directory: Annotated[
        Path, typer.Option(help="Where the directory of the project is made.", file_okay=False)
    ] = Path(),
) -> None:
    """Write a project that works: an example algorithm, its tests, a README and a Dockerfile.

    Afterwards: `cd NAME`, then `oaas-sdk test`, `oaas-sdk serve`, and on a node `oaas repo add .`.
    """
    from oaas_sdk.cli.init import write_project

    with _errors():
        paths = write_project(name, directory)
    for path in paths:
        typer.echo(path)
    typer.echo(f"\ncd {directory / name} && oaas-sdk test")


@app.command()
def serve(
    module: Module = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; wins over `OAAS_HOST`.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 picks a free one; wins over `OAAS_PORT`.")
    ] = None,
) -> None:
    """Serve the algorithms of a module over HTTP, until SIGTERM or Ctrl-C.

    Environment: `OAAS_HOST` (default 0.0.0.0), `OAAS_PORT` (55955; 0 picks a free one), `OAAS_PORT_FILE` (gets the
    port), `OAAS_CONCURRENCY` (runs at the same time, 1), `OAAS_MAX_BODY_BYTES` (66 MiB), `OAAS_MAX_LOG_BYTES` (kept
    of each run, 4 MiB), `OAAS_MAX_KEPT_BYTES` (outputs and logs of finished runs, 64 MiB), `OAAS_LAUNCH_BATCH`
    (launches in one request, 256).

    Exit code 1 when the module cannot be imported: its traceback is on stderr.
    """
    from oaas_sdk.author.project import find_target
    from oaas_sdk.server.main import serve as serve_module
    from oaas_sdk.server.settings import Settings

    with _errors():
        settings = Settings.from_environment()
        settings = replace(
            settings,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
        )
        code = serve_module(find_target(module), settings)
    sys.exit(code)


@app.command()
def test(
    module: Module = None,
    algorithm: Annotated[str | None, typer.Option(help="Only the examples of this algorithm.")] = None,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds that one example may run.")] = 60.0,
) -> None:
    """Run the examples of all algorithms as a node would, and show what became of them.

    Each example runs in a worker process. Its input and its output are checked against the JSON Schemas that a node
    publishes, with a validator of its own: types and schemas of a model may differ, for example by custom
    serializers. Exit code 1 when an example fails.
    """
    from oaas_sdk.author.project import find_target

    with _errors():
        target = find_target(module)
        try:
            from oaas_sdk.cli.report import show_examples
        except ModuleNotFoundError as error:
            if error.name != "jsonschema_rs":
                raise
            typer.echo("oaas-sdk: this needs jsonschema-rs; install `oaas-sdk[test]`", err=True)
            raise typer.Exit(2) from None
        passed = show_examples(target, only=algorithm, time_limit=time_limit)
    raise typer.Exit(0 if passed else 1)


@app.command()
def describe(module: Module = None) -> None:
    """Print the descriptors of all algorithms as JSON: what a node learns when it registers the repository."""
    import msgspec

    from oaas_sdk.author.project import find_target, load

    with _errors():
        repository = load(find_target(module))
    descriptors = msgspec.json.encode([algorithm.descriptor() for algorithm in repository])
    typer.echo(msgspec.json.format(descriptors).decode())


@contextmanager
def _errors() -> Iterator[None]:
    """Tell in one line what the user can change, and exit with code 2."""
    from oaas_sdk.author.errors import RepositoryError
    from oaas_sdk.cli.init import InitError
    from oaas_sdk.server.settings import SettingsError

    try:
        yield
    except (RepositoryError, InitError, SettingsError, OSError) as error:
        typer.echo(f"oaas-sdk: {error}", err=True)
        raise typer.Exit(2) from None
