"""What the node adds to a run: one warm ``noop`` through the node against the same call to the instance directly.

Starts a node of its own, deploys the example repository, takes turns between both ways (so that both see the same
machine), and prints one JSON line. ``--help`` has the options.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from oaasplatform.cli.client import NodeClient
from oaasplatform.cli.demo.base_image import demo_base_image
from oaasplatform.cli.demo.checkout import find_checkout
from oaasplatform.cli.demo.node import DemoNode
from oaasplatform.cli.images.build import build_image
from oaasplatform.cli.images.docker import find_docker
from oaasplatform.cli.waiting import INSTANCE_BUSY, REPOSITORY_BUSY, settle

INPUT = {"numbers": [1, 2, 3], "sleepSeconds": 0}
PORT = 55955


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="measured pairs of calls")
    parser.add_argument("--warmup", type=int, default=50, help="pairs before that")
    arguments = parser.parse_args()
    checkout = find_checkout()
    home = Path(tempfile.mkdtemp(prefix="oaas-benchmark-"))
    home.chmod(0o755)
    node = DemoNode(home, "docker")
    try:
        facts = node.start()
        docker = find_docker()
        base = demo_base_image(docker, checkout, lambda _: None)
        image = build_image(checkout.example, "network-planning", base_image=base, tell=lambda _: None)
        with NodeClient(facts["url"]) as api:
            repository = api.post("/algorithmRepositories", {"name": "benchmark", "image": image})
            settle(api, f"/algorithmRepositories/{repository['id']}", REPOSITORY_BUSY, timeout=120)
            instance = api.post("/algorithmRepositoriesInstances", {"algorithmRepositoryId": repository["id"]})
            path = f"/algorithmRepositoriesInstances/{instance['id']}"
            instance = settle(api, path, INSTANCE_BUSY, timeout=120)
            (algorithm,) = api.items("/algorithms", name="noop")
        address = _address(docker.program, instance["unitId"])
        with httpx.Client(base_url=facts["url"]) as through, httpx.Client(base_url=address) as direct:
            reference = next(a["algorithmId"] for a in direct.get("/algorithms").json() if a["name"] == "noop")
            figures = _measure(
                arguments.rounds,
                arguments.warmup,
                lambda _: _node_call(through, algorithm["id"]),
                lambda number: _direct_call(direct, reference, number),
            )
        print(json.dumps({"benchmark": "latency", "unit": "ms", "rounds": arguments.rounds, **figures}))
    finally:
        node.stop()
        shutil.rmtree(home, ignore_errors=True)


def _address(docker: str, unit: str) -> str:
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    done = subprocess.run(
        [docker, "inspect", "--format", template, unit], check=True, capture_output=True, text=True, timeout=10
    )
    return f"http://{done.stdout.strip()}:{PORT}"


def _node_call(client: httpx.Client, algorithm: int) -> None:
    body = {"algorithmId": algorithm, "input": INPUT}
    answer = client.post("/algorithmExecutions", json=body, headers={"Prefer": "wait=30"}, timeout=60)
    assert answer.json()["output"] == {"sum": 6}, answer.text


def _direct_call(client: httpx.Client, reference: int, number: int) -> None:
    body = {"executionId": f"benchmark-{number}", "input": INPUT}
    answer = client.post(f"/executions/{reference}", json=body, headers={"Prefer": "wait=30"}, timeout=60)
    assert answer.json()["output"] == {"sum": 6}, answer.text


def _measure(
    rounds: int, warmup: int, through: Callable[[int], None], direct: Callable[[int], None]
) -> dict[str, object]:
    times: dict[str, list[float]] = {"node": [], "direct": []}
    for number in range(warmup + rounds):
        for name, call in (("node", through), ("direct", direct)):
            began = time.perf_counter()
            call(number)
            if number >= warmup:
                times[name].append((time.perf_counter() - began) * 1000)
    figures: dict[str, object] = {}
    for name, values in times.items():
        cuts = statistics.quantiles(values, n=100)
        figures[name] = {key: round(cuts[at - 1], 2) for key, at in (("p50", 50), ("p90", 90), ("p99", 99))}
    ratio = statistics.median(times["node"]) / statistics.median(times["direct"])
    return {**figures, "ratioOfMedians": round(ratio, 2)}


if __name__ == "__main__":
    main()
