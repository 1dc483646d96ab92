"""The image that others are built on, also where none can be pulled."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from oaasplatform.cli.errors import Failure
from oaasplatform.cli.images.context import default_base_image
from oaasplatform.cli.images.docker import Docker
from oaasplatform.cli.images.process import Tell, run

HOME_MADE = "oaas-local/python:3.11"
"""Made from packages of the system by ``deploy/base-image.sh``."""


def base_image_for(docker: Docker, dockerfile: Path, tell: Tell, *, script: Path | None = None) -> str:
    """The Dockerfile's own base image if it is here or can be pulled, otherwise a home-made one.

    A home-made one that is here spares the pull. With ``script`` one is made where there is none.

    Raises:
        Failure: neither can be had.
    """
    wanted = default_base_image(dockerfile.read_text(encoding="utf-8"))
    if wanted is None:
        raise Failure(f"{dockerfile} has no FROM.")
    for reference in (wanted, HOME_MADE):
        if docker.image_id(reference) is not None:
            return reference
    try:
        docker.ensure(wanted, tell)
    except Failure as unreachable:
        if script is None:
            raise
        tell(f"{unreachable.message} Making one from packages of the system")
        _make(docker, script, wanted, tell)
        return HOME_MADE
    return wanted


def _make(docker: Docker, script: Path, wanted: str, tell: Tell) -> None:
    with TemporaryDirectory(prefix="oaas-base-image-") as scratch:
        archive = Path(scratch) / "base.tar"
        run(
            "Making a base image",
            ["bash", str(script), str(archive)],
            tell=tell,
            advice=f"{wanted} can't be pulled either; name an image with Python by --base-image or OAAS_BASE_IMAGE.",
        )
        docker.import_archive(archive, HOME_MADE, tell)
