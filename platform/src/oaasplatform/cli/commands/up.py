"""``oaas up``: run a node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from oaasplatform.cli import output
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.options import AsJson


def up(
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the node keeps everything. [env: OAAS_DATA_DIR]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 picks a free one. [default: 5000]")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes that serve the API; one of them leads. [default: 1]"),
    ] = None,
    runtime: Annotated[
        Literal["auto", "docker", "process"] | None,
        typer.Option(help="What runs the instances; auto takes Docker if it answers. [default: auto]"),
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write url and runtime as JSON here once the node is ready.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a node in the foreground until SIGTERM or Ctrl-C.

    Every setting is an environment variable, see the reference; options win over them. Instances go on running when
    the node ends and are adopted when it starts again.
    """
    from oaasplatform.domain.errors import OaasError
    from oaasplatform.main import serve
    from oaasplatform.settings import load_settings

    def announce(url: str, runtime_name: str) -> None:
        facts = {"url": url, "docs": f"{url}/docs", "dataDir": str(settings.data_dir), "runtime": runtime_name}
        if ready_file is not None:
            output.write_document(ready_file, {"url": url, "runtime": runtime_name})
        if as_json:
            print(json.dumps(facts), flush=True)
        else:
            _banner(facts)

    try:
        settings = load_settings(data_dir=data_dir, port=port, host=host, workers=workers, runtime=runtime)
        serve(settings, on_ready=announce)
    except OaasError as error:
        raise Failure(f"The node can't start: {error.detail}", advice="`oaas doctor` says what works here.") from error
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


def _banner(facts: dict[str, str]) -> None:
    output.show_heading("The node is ready.")
    output.show_fields(
        {
            "API": facts["url"],
            "documentation": facts["docs"],
            "data": facts["dataDir"],
            "runtime": facts["runtime"]
            + (" (instances are plain processes, nothing isolates them)" if facts["runtime"] == "process" else ""),
        }
    )
    output.note("Stop it with Ctrl-C. Instances go on and are adopted at the next start.")
