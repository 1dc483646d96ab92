"""``oaas master``: one door to many nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from oaasplatform.cli import output
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.options import AsJson

app = typer.Typer(help="Run a master, and look after the nodes that have joined it.", no_args_is_help=True)


@app.command()
def up(
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the master keeps everything. [env: OAAS_DATA_DIR]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 picks a free one. [default: 5001]")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the url as JSON here once the master is ready.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a master in the foreground until SIGTERM or Ctrl-C. Nodes go on without it and report what it missed."""
    from oaasplatform.domain.errors import OaasError
    from oaasplatform.master.main import serve
    from oaasplatform.master.settings import load_settings

    def announce(url: str) -> None:
        facts = {"url": url, "docs": f"{url}/docs", "dataDir": str(settings.data_dir)}
        if ready_file is not None:
            output.write_document(ready_file, {"url": url})
        if as_json:
            print(json.dumps(facts), flush=True)
        else:
            output.show_heading("The master is ready.")
            output.show_fields({"API": url, "documentation": facts["docs"], "data": facts["dataDir"]})
            output.note("Let a node join: `oaas master token` here, `oaas node join` there. Stop it with Ctrl-C.")

    try:
        settings = load_settings(data_dir=data_dir, port=port, host=host)
        serve(settings, on_ready=announce)
    except OaasError as error:
        raise Failure(f"The master can't start: {error.detail}") from error
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
