"""What the benchmarks share: a node of their own on Docker, and the example's image."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.demo.checkout import find_checkout
from oaasplatform.cli.demo.node import DemoNode
from oaasplatform.cli.images.base import base_image_for
from oaasplatform.cli.images.build import build_image
from oaasplatform.cli.images.docker import find_docker
from oaasplatform.cli.waiting import INSTANCE_BUSY, REPOSITORY_BUSY, settle

PORT = 55955


@dataclass
class Subject:
    """What is measured."""

    url: str
    api: NodeClient
    docker: str
    image: str

    def register(self, name: str) -> Document:
        """Register the example's image and wait until it is ready."""
        repository = self.api.post("/algorithmRepositories", {"name": name, "image": self.image}, wait=60)
        return settle(self.api, f"/algorithmRepositories/{repository['id']}", REPOSITORY_BUSY, timeout=120)

    def deploy(self, repository: Document) -> Document:
        """Create an instance and wait until it is ready."""
        instance = self.api.post("/algorithmRepositoriesInstances", {"algorithmRepositoryId": repository["id"]})
        path = f"/algorithmRepositoriesInstances/{instance['id']}"
        return settle(self.api, path, INSTANCE_BUSY, timeout=120)

    def address(self, container: str) -> str:
        """URL at which a container is reached directly."""
        template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return f"http://{self.command('inspect', '--format', template, container)}:{PORT}"

    def command(self, *arguments: str) -> str:
        """Output of a docker command."""
        done = subprocess.run([self.docker, *arguments], check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()


@contextmanager
def subject() -> Iterator[Subject]:
    """A fresh node with nothing in it; everything is gone afterwards, but the image."""
    checkout = find_checkout()
    home = Path(tempfile.mkdtemp(prefix="oaas-benchmark-"))
    home.chmod(0o755)
    node = DemoNode(home, "docker")
    try:
        facts = node.start()
        docker = find_docker()
        base = base_image_for(
            docker, checkout.example / "Dockerfile", lambda _: None, script=checkout.base_image_script
        )
        image = build_image(checkout.example, "network-planning", base_image=base, tell=lambda _: None)
        with NodeClient(facts["url"]) as api:
            yield Subject(facts["url"], api, docker.program, image)
    finally:
        node.stop()
        shutil.rmtree(home, ignore_errors=True)


def percentiles(values: list[float]) -> dict[str, float]:
    """Median, 90th and 99th percentile."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {name: round(cuts[at - 1], 2) for name, at in (("p50", 50), ("p90", 90), ("p99", 99))}
