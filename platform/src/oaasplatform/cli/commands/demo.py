"""``oaas demo``: everything once, from nothing and back to nothing."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from oaasplatform.cli import output
from oaasplatform.cli.client import NodeClient
from oaasplatform.cli.demo.checkout import find_checkout
from oaasplatform.cli.demo.node import DemoNode
from oaasplatform.cli.demo.scenario import deploy, make_image, optimize, point_onwards, register, start_node
from oaasplatform.cli.demo.story import Story
from oaasplatform.cli.options import AsJson, BaseImage


def demo(
    runtime: Annotated[
        Literal["auto", "docker", "process"],
        typer.Option(envvar="OAAS_RUNTIME", help="What runs the instance; auto takes Docker if it answers."),
    ] = "auto",
    base_image: BaseImage = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the node running.")] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy the example repository, run an edge placement with live progress, and clean up.

    A node of its own starts in a temporary directory; no container, network or file of it stays. The image it built
    stays, so that the next time is faster.
    """
    checkout = find_checkout()
    story = Story(quiet=as_json)
    with _node(story, runtime, keep=keep) as node:
        facts = start_node(story, node)
        image = make_image(story, checkout, facts["runtime"], base_image)
        with NodeClient(facts["url"]) as api:
            repository = register(story, api, image)
            deploy(story, api, repository)
            execution = optimize(story, api, checkout)
    point_onwards(story, checkout, facts, kept=node if keep else None)
    if as_json:
        output.show_json(execution)


@contextmanager
def _node(story: Story, runtime: str, *, keep: bool) -> Iterator[DemoNode]:
    """A node that is gone afterwards, whatever happens; with ``keep`` only if something happens."""
    home = Path(tempfile.mkdtemp(prefix="oaas-demo-"))
    home.chmod(0o755)  # PostgreSQL runs as another user when we are root
    node = DemoNode(home, runtime)
    succeeded = False
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        yield node
        succeeded = True
    finally:
        if not (keep and succeeded):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            try:
                with story.step("Cleaning up"):
                    node.stop()
                    story.tell("the node, its containers, its network and its files are gone")
            finally:
                shutil.rmtree(home, ignore_errors=True)


def _leave(number: int, frame: FrameType | None) -> None:
    """End in order, so that the clean-up runs."""
    raise SystemExit(128 + number)
