"""The command ``oaas`` in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from nodes import Program


@dataclass
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one document on stdout."""
        return json.loads(self.out)


async def oaas(program: Program | None, *arguments: str, input: str = "", **variables: str) -> Done:
    """Run a command against a node or master."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oaasplatform.cli", *arguments),
        env={**os.environ, "OAAS_URL": program.url if program else "http://127.0.0.1:1", "COLUMNS": "200", **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate(input.encode())
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())
