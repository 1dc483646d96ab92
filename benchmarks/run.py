"""Runs benchmarks one after the other, prints their lines, and the table of goals at the end.

``run.py latency flat`` runs these two; without names, all of them. Options after the names, like ``--smoke``, go to
each script.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import msgspec
from report import Result
from table import show

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


def main() -> None:
    """Run and print. The exit code is 1 when a script failed; a goal that was not met is no failure."""
    if {"--help", "-h"} & set(sys.argv):
        print(__doc__)
        return
    words = sys.argv[1:]
    names = list(takewhile(lambda word: not word.startswith("-"), words))
    options = words[len(names) :]
    results: list[Result] = []
    failed: list[str] = []
    for name in names or SCRIPTS:
        script = Path(__file__).with_name(f"{name}.py")
        done = subprocess.run([sys.executable, str(script), *options], stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, end="", flush=True)
        if done.returncode:
            failed.append(name)
        else:
            results.append(msgspec.json.decode(done.stdout, type=Result))
    show(results)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
