"""The dialect of OPTIMAIX repositories: backend, worker and Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from dialect import Dialect, Variant, docker_build, started_as

REDIS_IMAGE = "oaas-test-redis"
_REPOSITORY = Path(__file__).parent / "optimaix"
_ROOT = Path(__file__).parents[3]


@cache
def redis_image() -> str:
    """An image with a real Redis, made from packages of the system."""
    script = _ROOT / "deploy" / "base-image.sh"
    command = ["bash", str(script), "--import", REDIS_IMAGE]
    subprocess.run(command, env={**os.environ, "PACKAGES": "redis-server"}, check=True)
    return REDIS_IMAGE


def _wheels() -> Path:
    """What the repository needs, for the Python of the base image: the same as here."""
    found = _ROOT / ".cache" / "optimaix-wheels"
    if not found.exists():
        found.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=found.parent) as directory:
            draft = Path(directory) / "wheels"
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", str(draft)]
            subprocess.run([*command, "pip", "--requirement", str(_REPOSITORY / "requirements.txt")], check=True)
            draft.rename(found)
    return found


@cache
def build(base_image: str) -> str:
    """The image of the repository."""
    redis_image()
    with tempfile.TemporaryDirectory() as directory:
        context = Path(directory) / "context"
        shutil.copytree(_REPOSITORY, context, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(_wheels(), context / "wheels")
        return docker_build(context, "oaas-test-optimaix", base_image)


def _build(base_image: str, variant: Variant) -> str:
    image = build(base_image)
    return image if variant is Variant.NORMAL else started_as(image, variant)


DIALECT = Dialect(
    name="optimaix",
    build=_build,
    quota={"cpu": 1, "ram": "1GB"},
    victim="worker",
    lacks=frozenset({"progress", "log"}),
)
