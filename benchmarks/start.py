"""How long things take to get ready: a node, the registration of an image, an instance.

A node starts again and again on a database that exists. Registrations and instances take turns with a plain
``docker run`` of the same image until ``GET /health`` answers 200: what they take beyond that is the node's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import httpx
from command_line import CommandLine
from harness import Subject, subject
from report import at_most, percentiles, publish

from oaas_sdk.contract import DEFAULT_PORT
from oaasplatform.cli.waiting import gone

STEP_SECONDS = 0.005
ONE_CORE = {"cpu": 1}


def restarted(node: Subject) -> float:
    """Seconds from the start of the program until it says that it is ready."""
    node.node.stop()
    began = time.perf_counter()
    node.connect(node.node.start())
    return time.perf_counter() - began


def registered(node: Subject, name: str) -> float:
    """Seconds until a registration is ready."""
    began = time.perf_counter()
    node.register(name)
    passed = time.perf_counter() - began
    # The trial is removed behind the scenes, which must not disturb what is measured next.
    while node.command("ps", "--all", "--quiet", "--filter", f"ancestor={node.image}"):
        time.sleep(STEP_SECONDS)
    return passed


def deployer(node: Subject) -> Callable[[], float]:
    """Measures the seconds until an instance is ready."""
    repository = node.register("instances")

    def deployed() -> float:
        began = time.perf_counter()
        instance = node.deploy(repository, **ONE_CORE)
        passed = time.perf_counter() - began
        path = f"/algorithmRepositoriesInstances/{instance['id']}"
        node.api.delete(path)
        gone(node.api, path, timeout=60)
        return passed

    return deployed


def ran(node: Subject) -> float:
    """Seconds until a container answers that is started without a node."""
    began = time.perf_counter()
    container = node.command("run", "--detach", "--cpus", "1", "--expose", str(DEFAULT_PORT), node.image)
    try:
        template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        url = f"http://{node.command('inspect', '--format', template, container)}:{DEFAULT_PORT}/health"
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


def main() -> None:
    """Measure and print."""
    line = CommandLine(__doc__)
    line.size("turns", 10, 1, "turns")
    arguments = line.parse()
    times: dict[str, list[float]] = {name: [] for name in ("node", "registration", "instance", "container")}
    with subject() as node:
        for _ in range(arguments.turns):
            times["node"].append(restarted(node))
        deployed = deployer(node)
        for turn in range(1 + arguments.turns):
            measured = {
                "registration": registered(node, f"start-{turn}"),
                "instance": deployed(),
                "container": ran(node),
            }
            for name, seconds in measured.items():
                if turn:  # the first one warms up caches
                    times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    publish(
        "start",
        at_most("a node with a database, until ready", medians["node"], 2.5, "s"),
        at_most("a registration, beyond its container", medians["registration"] - medians["container"], 1, "s"),
        at_most("an instance, beyond its container", medians["instance"] - medians["container"], 0.3, "s"),
        smoke=arguments.smoke,
        unit="s",
        turns=arguments.turns,
        **{name: percentiles(values) if len(values) > 1 else values for name, values in times.items()},
    )


if __name__ == "__main__":
    main()
