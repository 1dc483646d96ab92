"""A project directory becomes an image of the local engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from oaasplatform.cli.errors import Failure
from oaasplatform.cli.images.base import base_image_for
from oaasplatform.cli.images.context import WHEELS, content_hash, copy_context, uses_wheels
from oaasplatform.cli.images.docker import find_docker
from oaasplatform.cli.images.process import Tell
from oaasplatform.cli.images.sources import local_projects
from oaasplatform.cli.images.wheels import collect_wheels

PREFIX = "oaas-local"
"""First part of the names of images that were built here."""


def build_image(directory: Path, name: str, *, base_image: str | None, tell: Tell) -> str:
    """Build the image of a repository and return its reference; the same content is not built twice.

    Raises:
        Failure: there is no Dockerfile or no engine, or a step failed.
    """
    dockerfile = _dockerfile(directory)
    docker = find_docker()
    base = base_image or base_image_for(docker, directory / "Dockerfile", tell)
    base_id = docker.ensure(base, tell)
    wheels_wanted = uses_wheels(dockerfile)
    projects = local_projects(directory) if wheels_wanted else [directory]
    tag = f"{PREFIX}/{_image_name(name)}:{content_hash(projects, base_id)}"
    if docker.image_id(tag) is not None:
        return tag
    with TemporaryDirectory(prefix="oaas-build-") as scratch:
        context = Path(scratch) / "context"
        copy_context(directory, context)
        if wheels_wanted:
            copies = [context, *_copies(projects[1:], Path(scratch))]
            collect_wheels(copies, docker.python_in(base), context / WHEELS, tell)
        docker.build(context, tag, base, tell)
    return tag


def _dockerfile(directory: Path) -> str:
    try:
        return (directory / "Dockerfile").read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(
            f"{directory} has no Dockerfile that can be read.", advice="`oaas-sdk init` writes a project with one."
        ) from error


def _copies(projects: Sequence[Path], directory: Path) -> list[Path]:
    """Copies to build from: some build tools leave files in the source tree."""
    copies = [directory / f"dependency-{number}" for number, _ in enumerate(projects)]
    for project, copy in zip(projects, copies, strict=True):
        copy_context(project, copy)
    return copies


def _image_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "repository"
