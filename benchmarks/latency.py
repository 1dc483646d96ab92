"""What the node adds to a run: one warm ``noop`` through the node against the same call to the instance directly.

Starts a node of its own, deploys the example repository, takes turns between both ways (so that both see the same
machine), and prints one JSON line. ``--help`` has the options.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import httpx
from harness import percentiles, subject

INPUT = {"numbers": [1, 2, 3], "sleepSeconds": 0}
WAIT = {"Prefer": "wait=30"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="measured pairs of calls")
    parser.add_argument("--warmup", type=int, default=50, help="pairs before that")
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {"node": [], "direct": []}
    with subject() as node:
        instance = node.deploy(node.register("latency"))
        (algorithm,) = node.api.items("/algorithms", name="noop")
        with (
            httpx.Client(base_url=node.url, timeout=60, headers=WAIT) as through,
            httpx.Client(base_url=node.address(instance["unitId"]), timeout=60, headers=WAIT) as direct,
        ):
            reference = next(a["algorithmId"] for a in direct.get("/algorithms").json() if a["name"] == "noop")
            for number in range(arguments.warmup + arguments.rounds):
                calls = {
                    "node": (through, "/algorithmExecutions", {"algorithmId": algorithm["id"]}),
                    "direct": (direct, f"/executions/{reference}", {"executionId": f"benchmark-{number}"}),
                }
                for name, (client, path, body) in calls.items():
                    began = time.perf_counter()
                    answer = client.post(path, json={**body, "input": INPUT})
                    passed = time.perf_counter() - began
                    assert answer.json()["output"] == {"sum": 6}, answer.text
                    if number >= arguments.warmup:
                        times[name].append(passed * 1000)
    ratio = statistics.median(times["node"]) / statistics.median(times["direct"])
    figures = {name: percentiles(values) for name, values in times.items()}
    head = {"benchmark": "latency", "unit": "ms", "rounds": arguments.rounds}
    print(json.dumps({**head, **figures, "ratioOfMedians": round(ratio, 2)}))


if __name__ == "__main__":
    main()
