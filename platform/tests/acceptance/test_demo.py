"""``oaas demo``: from nothing to a result and back to nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest


@pytest.mark.usefixtures("runtime")
async def test_the_demo_shows_a_result_and_leaves_nothing(runtime: str, shared_dir: Path) -> None:
    home = shared_dir / f"demo-{runtime}"
    home.mkdir(mode=0o755)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oaasplatform.cli", "demo", "--runtime", runtime, "--json"),
        env={**os.environ, "TMPDIR": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    uid = asyncio.create_task(_node_in(home))
    out, err = await asyncio.wait_for(process.communicate(), 170)
    assert process.returncode == 0, err.decode()
    execution = json.loads(out)
    assert execution["state"] == "succeeded"
    assert execution["output"]["openedSites"]
    assert execution["output"]["gap"] <= 0.01
    assert list(home.glob("oaas-demo-*")) == []
    assert _left_over(runtime, home, await uid) == set()


async def _node_in(home: Path) -> str:
    """By what the demo's node marks what it makes; its log is gone when the demo has ended."""
    async with asyncio.timeout(120):
        while True:
            for log in home.glob("oaas-demo-*/node.log"):
                for line in log.read_text().splitlines():
                    if '"node ready"' in line:
                        return str(json.loads(line)["node"])
            await asyncio.sleep(0.1)


def _left_over(runtime: str, home: Path, uid: str) -> set[str]:
    if runtime == "process":
        return {
            p.info["name"]
            for p in psutil.process_iter(["name", "cmdline"])
            if str(home) in " ".join(p.info["cmdline"] or [])
        }
    found = set()
    for what in ("container ls --all", "network ls", "volume ls"):
        command = ["docker", *what.split(), "--quiet", "--filter", f"label=io.oaas.node={uid}"]
        found |= set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    return found
