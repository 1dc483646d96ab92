"""Build the platform's image without a network in the build: wheels are made and downloaded here.

``make image`` calls it; ``--base-image`` names what to build on, ``--tag`` how to call it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from oaasplatform.cli.errors import Failure
from oaasplatform.cli.images.base import base_image_for
from oaasplatform.cli.images.context import copy_context
from oaasplatform.cli.images.docker import find_docker
from oaasplatform.cli.images.wheels import collect_wheels

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
BASE_SCRIPT = ROOT / "deploy" / "base-image.sh"


def main() -> None:
    """Build and print the tag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-image", help="default: that of the Dockerfile, or one made from the system's packages")
    parser.add_argument("--tag", default="oaas-platform")
    arguments = parser.parse_args()
    docker = find_docker()
    base = arguments.base_image or base_image_for(docker, DOCKERFILE, tell, script=BASE_SCRIPT)
    with TemporaryDirectory(prefix="oaas-image-") as scratch:
        context = Path(scratch)
        for name in ("platform", "sdk"):
            copy_context(ROOT / name, context / name)
        shutil.copytree(ROOT / "deploy", context / "deploy")
        shutil.copy(ROOT / "pyproject.toml", context)
        shutil.copy(DOCKERFILE, context)
        projects = [context / "platform", context / "sdk"]
        collect_wheels(projects, docker.python_in(base), context / "deploy" / "wheels", tell)
        docker.build(context, arguments.tag, base, tell)
    print(f"Built {arguments.tag} on {base}.")


def tell(line: str) -> None:
    """Show what goes on."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit("\n".join([failure.message, *failure.details, failure.advice or ""]).rstrip())
