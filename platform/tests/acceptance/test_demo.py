"""``oaas demo``: from nothing to a result and back to nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import psutil
import pytest


@pytest.mark.usefixtures("runtime")
async def test_the_demo_shows_a_result_and_leaves_nothing(runtime: str) -> None:
    before = _left_over(runtime)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oaasplatform.cli", "demo", "--runtime", runtime, "--json"),
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 170)
    assert process.returncode == 0, err.decode()
    execution = json.loads(out)
    assert execution["state"] == "succeeded"
    assert execution["output"]["openedSites"]
    assert execution["output"]["gap"] <= 0.01
    assert _left_over(runtime) == before


def _left_over(runtime: str) -> set[str]:
    if runtime == "process":
        return {
            p.info["name"]
            for p in psutil.process_iter(["name", "cmdline"])
            if "oaas-demo-" in " ".join(p.info["cmdline"] or [])
        }
    found = set()
    for what in ("container ls --all", "network ls", "volume ls"):
        command = ["docker", *what.split(), "--quiet", "--filter", "label=io.oaas.node"]
        found |= set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    return found
