"""``oaas demo``: everything once, from nothing and back to nothing."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from oaasplatform.cli import output
from oaasplatform.cli.client import NodeClient
from oaasplatform.cli.demo.checkout import Checkout, find_checkout
from oaasplatform.cli.demo.federation import run_federation
from oaasplatform.cli.demo.node import DemoMaster, DemoNode, DemoProgram
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
    federation: Annotated[
        bool, typer.Option("--federation", help="A master and two nodes instead, one of which is killed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy the example repository, run an edge placement with live progress, and clean up.

    A node of its own starts in a temporary directory; no container, network or file of it stays. The image it built
    stays, so that the next time is faster.
    """
    checkout = find_checkout()
    story = Story(quiet=as_json)
    if federation:
        _federation(story, checkout, runtime, base_image, as_json=as_json)
        return
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


def _federation(story: Story, checkout: Checkout, runtime: str, base_image: str | None, *, as_json: bool) -> None:
    """A sweep over two nodes that survives the death of one."""
    with _home() as home:
        master = DemoMaster(home)
        nodes = [DemoNode(home, runtime, name) for name in ("berlin", "paris")]
        with _ended(story, [*nodes, master]):
            batch = run_federation(story, checkout, master, nodes, base_image)
    if as_json:
        output.show_json(batch)


@contextmanager
def _node(story: Story, runtime: str, *, keep: bool) -> Iterator[DemoNode]:
    """A node that is gone afterwards, whatever happens; with ``keep`` only if something happens."""
    with _home(keep=keep) as home:
        node = DemoNode(home, runtime)
        with _ended(story, [node], keep=keep):
            yield node


@contextmanager
def _home(*, keep: bool = False) -> Iterator[Path]:
    """A temporary directory, gone afterwards; with ``keep`` only if something happens."""
    home = Path(tempfile.mkdtemp(prefix="oaas-demo-"))
    home.chmod(0o755)  # PostgreSQL runs as another user when we are root
    try:
        yield home
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _ended(story: Story, programs: Sequence[DemoProgram], *, keep: bool = False) -> Iterator[None]:
    """Programs are ended afterwards, whatever happens; with ``keep`` only if something happens."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        yield
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            with story.step("Cleaning up"):
                for program in programs:
                    program.stop()
                story.tell("everything that was started, with its containers, networks and files, is gone")


def _leave(number: int, frame: FrameType | None) -> None:
    """End in order, so that the clean-up runs."""
    raise SystemExit(128 + number)
