"""The dialect of models packed with Cog: real servers, of today and of before they were written in Rust."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

from dialect import Apart, Dialect, Variant, docker_build, started_as

from oaasplatform.cli.images.docker import find_docker

_MODEL = Path(__file__).parent / "cog"
COGLET = "0.23.1"
"""A server in Rust."""
PYTHON = "0.16.12"
"""The last server in Python."""


@cache
def _context(base_image: str, cog: str) -> Path:
    """A directory to build from, with wheels for the Python of the base image."""
    directory = Path(tempfile.mkdtemp(prefix="oaas-test-cog-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    shutil.copytree(_MODEL, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    options = find_docker().python_in(base_image).pip_options
    for version in {cog, PYTHON}:
        wheels = ["--dest", str(directory / "wheels" / version), *options, "pip", f"cog=={version}"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *wheels]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return directory


@cache
def build(base_image: str, model: str, cog: str = COGLET, *, config: str = "{}") -> str:
    """An image with one of the models in ``cog/predict.py`` and a version of Cog; ``config``: ``cog.yaml`` as JSON."""
    # The algorithm is called like the last part of the image's name.
    tag = f"oaas-test-cog-{cog}/{model.lower()}"
    arguments = {"COG": cog, "SCHEMA_COG": PYTHON, "MODEL": model, "CONFIG": config}
    return docker_build(_context(base_image, cog), tag, base_image, **arguments)


def patient(image: str) -> str:
    """The same image with a server that stays when it can't go on, as it does on Kubernetes."""
    tag = f"{image}-patient"
    dockerfile = f'FROM {image}\nCMD ["python", "-m", "cog.server.http", "--await-explicit-shutdown", "true"]\n'
    command = ["docker", "build", "--quiet", "--tag", tag, "-"]
    subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=True)
    return tag


def _variant(model: str, cog: str, base_image: str, variant: Variant) -> str:
    image = build(base_image, model, cog)
    return image if variant is Variant.NORMAL else started_as(image, variant)


def dialect(cog: str) -> Dialect:
    """With a version of Cog."""
    proofs = {"sleep": ({"seconds": 0.1}, {"slept": 0.1}), "garbage": ({"sound": True}, {"sound": True})}
    others = ("sleep", "count", "fail", "big", "garbage")
    return Dialect(
        name="cog",
        build=partial(_variant, "Add", cog),
        apart={name: Apart(build=partial(_variant, name.title(), cog), proof=proofs.get(name)) for name in others},
    )


DIALECT = dialect(COGLET)
