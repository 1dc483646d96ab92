"""Each benchmark runs, its answers are right, and what it says can be read. How fast anything was is not asked here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
SCRIPTS = (
    "latency",
    "throughput",
    "batch",
    "flat",
    "payloads",
    "watching",
    "memory",
    "start",
    "instance",
    "federation",
)

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("base_image")]


def _run(script: str, *options: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / f"{script}.py"), *options],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_measures_what_is_right_and_says_it_in_one_line(script: str) -> None:
    (line,) = _run(script, "--smoke").splitlines()
    said = json.loads(line)
    assert said["benchmark"] == script
    assert said["smoke"] is True
    assert said["goals"]
    assert all(math.isfinite(goal["figure"]) for goal in said["goals"])


def test_every_benchmark_explains_itself() -> None:
    for script in (*SCRIPTS, "batch", "run"):
        assert "--smoke" in _run(script, "--help"), script


def test_table_tells_what_is_met() -> None:
    goals = [
        {"what": "fast", "figure": 2.0, "limit": 3.0, "atLeast": False, "unit": "ms"},
        {"what": "much", "figure": 2.0, "limit": 3.0, "atLeast": True, "unit": ""},
    ]
    result = {"benchmark": "one", "smoke": False, "figures": {}, "goals": goals}
    table = _run("table", stdin=json.dumps(result) + "\n")
    fast, much = (line for line in table.splitlines() if "one" in line)
    assert "≤ 3 ms" in fast and "yes" in fast
    assert "≥ 3" in much and "NO" in much
