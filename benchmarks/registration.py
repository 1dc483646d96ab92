"""What registering an image takes beyond the time its container needs to answer.

Takes turns between a registration by the node and a plain ``docker run`` of the same image until ``GET /health``
answers 200; prints one JSON line. ``--help`` has the options.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import httpx
from harness import PORT, Subject, percentiles, subject

STEP_SECONDS = 0.005


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="measured pairs")
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {"registration": [], "container": []}
    with subject() as node:
        for number in range(1 + arguments.rounds):
            measured = {"registration": _register(node, number), "container": _run(node)}
            if number:  # the first pair warms up caches
                for name, seconds in measured.items():
                    times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    figures = {name: percentiles(values) for name, values in times.items()}
    beyond = medians["registration"] - medians["container"]
    ratio = medians["registration"] / medians["container"]
    head = {"benchmark": "registration", "unit": "s", "rounds": arguments.rounds}
    print(json.dumps({**head, **figures, "beyond": round(beyond, 2), "ratioOfMedians": round(ratio, 2)}))


def _register(node: Subject, number: int) -> float:
    began = time.perf_counter()
    repository = node.register(f"registration-{number}")
    passed = time.perf_counter() - began
    assert repository["status"] == "ready", repository["reason"]
    return passed


def _run(node: Subject) -> float:
    began = time.perf_counter()
    container = node.command("run", "--detach", "--cpus", "1", "--expose", str(PORT), node.image)
    try:
        url = f"{node.address(container)}/health"
        while not _answers(url):
            time.sleep(STEP_SECONDS)
        return time.perf_counter() - began
    finally:
        node.command("rm", "--force", container)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
