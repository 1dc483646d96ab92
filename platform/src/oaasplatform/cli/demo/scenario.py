"""The steps of the demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from oaasplatform.cli import format, naming, output
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.demo.checkout import EXAMPLE, Checkout
from oaasplatform.cli.demo.node import DemoNode
from oaasplatform.cli.demo.story import Story
from oaasplatform.cli.demo.tables import SITE_HEADERS, site_rows
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.follow import EXECUTIONS, follow
from oaasplatform.cli.images.base import base_image_for
from oaasplatform.cli.images.build import build_image
from oaasplatform.cli.images.docker import find_docker
from oaasplatform.cli.progress import ProgressView
from oaasplatform.cli.quotas import QUOTA_HEADERS, quota_rows, quota_text
from oaasplatform.cli.results import outcome_failure, summary
from oaasplatform.cli.waiting import INSTANCE_BUSY, REPOSITORY_BUSY, settle

REPOSITORY = "network-planning"
ALGORITHM = "edge-placement"
QUOTA = {"cpu": "1 core", "ram": "1GB", "pids": 256}
TIMEOUT = 180.0
"""Seconds each step may take."""
SHOWN_SITES = 12


def start_node(story: Story, node: DemoNode) -> Document:
    """Start the node and say what it runs instances with."""
    with story.step("Starting a node in a temporary directory"):
        facts = node.start()
        if facts["runtime"] == "process":
            means = "instances are plain processes, because no Docker engine answers or none is wanted"
        else:
            means = f"instances are containers of {facts['runtime']}"
        story.tell(f"{facts['url']}: {means}")
    return facts


def make_image(story: Story, checkout: Checkout, runtime: str, base_image: str | None) -> str:
    """What the node is to deploy: an image, or the project itself where there is no engine."""
    if runtime == "process":
        return str(checkout.example)
    with story.step(f"Building the image of {EXAMPLE}") as tell:
        docker = find_docker()
        base = base_image or base_image_for(
            docker, checkout.example / "Dockerfile", tell, script=checkout.base_image_script
        )
        image = build_image(checkout.example, REPOSITORY, base_image=base, tell=tell)
        story.tell(f"{image} on {base}")
    return image


def register(story: Story, api: NodeClient, image: str) -> Document:
    """Register the example repository."""
    with story.step("Registering it as an algorithm repository") as tell:
        repository: Document = api.post(naming.REPOSITORY.path, {"name": REPOSITORY, "image": image})
        path = f"{naming.REPOSITORY.path}/{repository['id']}"
        repository = settle(api, path, REPOSITORY_BUSY, timeout=TIMEOUT, on_change=tell)
        _demand_ready("The repository", repository)
        found = api.items(naming.ALGORITHM.path, algorithmRepositoryId=repository["id"])
        story.tell(f"found the algorithms {', '.join(each['name'] for each in found)}")
    return repository


def deploy(story: Story, api: NodeClient, repository: Document) -> None:
    """Create an instance and show what holds of its quota."""
    with story.step("Deploying an instance of it under a quota") as tell:
        instance = api.post(
            naming.INSTANCE.path, {"algorithmRepositoryId": repository["id"], "quotaInformation": QUOTA}
        )
        path = f"{naming.INSTANCE.path}/{instance['id']}"
        instance = settle(api, path, INSTANCE_BUSY, timeout=TIMEOUT, on_change=tell)
        _demand_ready("The instance", instance)
        story.tell(f"{instance['name']} is ready with {quota_text(instance['quotaInformation'])}")
    if not story.quiet:
        output.show_table(QUOTA_HEADERS, quota_rows(instance), empty="")


def optimize(story: Story, api: NodeClient, checkout: Checkout) -> Document:
    """Run the example and show what came out."""
    problem = json.loads(checkout.demo_input.read_text(encoding="utf-8"))
    algorithm = naming.find(api, naming.ALGORITHM, ALGORITHM)
    story.heading(
        f"Placing edge sites: which of {len(problem['sites'])} sites to open for {len(problem['customers'])} customers"
    )
    request = {"algorithmId": algorithm["id"], "input": problem}
    with ProgressView(ALGORITHM) as view:
        execution = follow(api, lambda: api.post(EXECUTIONS, request), view)
    if execution["state"] != "succeeded":
        raise outcome_failure(execution)
    story.tell(summary(execution), style="green")
    if not story.quiet:
        _show_placement(story, problem, execution["output"])
    return execution


def point_onwards(story: Story, checkout: Checkout, facts: Document, *, kept: DemoNode | None) -> None:
    """What to do next."""
    if story.quiet:
        return
    output.show_heading("Go on")
    example, demo_input = (_nearby(path) for path in (checkout.example, checkout.demo_input))
    run = [
        f"oaas repo add {example}",
        f"oaas instance create {REPOSITORY} --cpu 1 --ram 1GB",
        f"oaas run {ALGORITHM} --input {demo_input}",
    ]
    if kept is not None:
        story.tell(
            f"The node keeps running (process {kept.pid}), its log is {kept.log}. Documentation: {facts['docs']}"
        )
        story.tell(f"export OAAS_URL={facts['url']}")
        story.tell(run[-1])
        story.tell(f"kill {kept.pid}    # ends it and removes its containers")
        return
    for line in ("oaas up    # a node that stays; its API is explained at http://127.0.0.1:5000/docs", *run):
        story.tell(line)


def _show_placement(story: Story, problem: Document, placement: Document) -> None:
    story.tell(
        f"cost {format.number(placement['objective'])}, at least {format.number(placement['bound'])} is needed:"
        f" gap {format.percent(placement['gap'])}; {len(placement['openedSites'])} sites are opened"
    )
    rows = site_rows(problem, placement)
    output.show_table(SITE_HEADERS, rows[:SHOWN_SITES], empty="")
    if len(rows) > SHOWN_SITES:
        story.tell(f"... and {len(rows) - SHOWN_SITES} more", style="dim")


def _demand_ready(what: str, document: dict[str, Any]) -> None:
    if document["status"] != "ready":
        raise Failure(f"{what} is {document['status']}: {document['reason']}")


def _nearby(path: Path) -> str:
    """The path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
