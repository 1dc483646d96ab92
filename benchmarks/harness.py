"""What the benchmarks share: a node of their own on Docker, and an image to run in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.demo.checkout import find_checkout
from oaasplatform.cli.demo.node import DemoNode
from oaasplatform.cli.images.base import base_image_for
from oaasplatform.cli.images.build import build_image
from oaasplatform.cli.images.docker import Docker, find_docker
from oaasplatform.cli.waiting import INSTANCE_BUSY, REPOSITORY_BUSY, settle
from oaasplatform.database import embedded

SAMPLE = Path("platform") / "tests" / "sample-repository"
CORES = os.cpu_count() or 1
"""Of the machine: an instance that is alone may use what the node leaves of them, as the workers of peers may."""
SLOTS = 4 * CORES
"""Runs at the same time in one instance: as many tasks as a Celery worker takes."""
_WITH_SLOTS = "ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\nENV OAAS_CONCURRENCY={slots}\n"


class Subject:
    """What is measured."""

    def __init__(self, node: DemoNode, docker: Docker, image: str) -> None:
        self.node = node
        self.docker = docker
        self.image = image
        self.connect(node.start())

    def connect(self, facts: Document) -> None:
        """Talk to the node at the address it has told, after a start."""
        self.url = str(facts["url"])
        self.api = NodeClient(self.url)

    @property
    def dsn(self) -> str:
        """URL of the node's database."""
        return embedded.dsn(self.node.data_dir)

    def register(self, name: str) -> Document:
        """Register the image and wait until it is ready."""
        repository = self.api.post("/algorithmRepositories", {"name": name, "image": self.image}, wait=60)
        repository = settle(self.api, f"/algorithmRepositories/{repository['id']}", REPOSITORY_BUSY, timeout=120)
        assert repository["status"] == "ready", repository["reason"]
        return repository

    def deploy(self, repository: Document, **quota: Any) -> Document:
        """Create an instance and wait until it is ready."""
        fields = {"algorithmRepositoryId": repository["id"], "quotaInformation": {"cpu": CORES, "ram": "1GB", **quota}}
        instance = self.api.post("/algorithmRepositoriesInstances", fields, wait=60)
        instance = settle(self.api, f"/algorithmRepositoriesInstances/{instance['id']}", INSTANCE_BUSY, timeout=120)
        assert instance["status"] == "ready", instance["reason"]
        return instance

    def algorithm(self, name: str) -> int:
        """Id of an algorithm of the image."""
        return int(next(self.api.items("/algorithms", name=name))["id"])

    def command(self, *arguments: str) -> str:
        """Output of a docker command."""
        done = subprocess.run([self.docker.program, *arguments], check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()


@contextmanager
def subject(*, slots: int = SLOTS) -> Iterator[Subject]:
    """A fresh node with nothing in it; everything is gone afterwards, but the image."""
    # Nothing may be left of a benchmark that is told to end, as nothing is after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    home = Path(tempfile.mkdtemp(prefix="oaas-benchmark-"))
    home.chmod(0o755)
    node = DemoNode(home, "docker")
    try:
        docker = find_docker()
        yield Subject(node, docker, _image(docker, slots))
    finally:
        node.stop()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def warm_subject(*, slots: int = SLOTS) -> Iterator[Subject]:
    """A node with the image registered, and one instance that is ready."""
    with subject(slots=slots) as node:
        node.deploy(node.register("benchmark"))
        yield node


def _image(docker: Docker, slots: int) -> str:
    """The image of the tests' algorithms, with so many slots."""
    checkout = find_checkout()
    sample = checkout.root / SAMPLE
    base = base_image_for(docker, sample / "Dockerfile", _quiet, script=checkout.base_image_script)
    image = build_image(sample, "benchmark", base_image=base, tell=_quiet)
    dockerfile = _WITH_SLOTS.format(slots=slots)
    tag = f"{image}-{hashlib.sha256(dockerfile.encode()).hexdigest()[:8]}"
    if docker.image_id(tag) is None:
        with tempfile.TemporaryDirectory(prefix="oaas-benchmark-image-") as context:
            (Path(context) / "Dockerfile").write_text(dockerfile)
            docker.build(Path(context), tag, image, _quiet)
    return tag


def _quiet(_: str) -> None:
    """Builds have nothing to say in a benchmark."""
