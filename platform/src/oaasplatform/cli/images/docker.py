"""The docker client of this machine."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from oaasplatform.cli.errors import Failure
from oaasplatform.cli.images.process import Tell, ask, run
from oaasplatform.cli.images.wheels import Target

BUILDX_SINCE = 23
"""Clients from this version on need the plug-in buildx for BuildKit; older ones have it built in."""

_PYTHON_FACTS = """
import json, platform, sys
libc, version = platform.libc_ver()
print(json.dumps([list(sys.version_info[:2]), platform.machine(), libc, version]))
"""


@dataclass(frozen=True)
class Docker:
    """One client that reaches an engine."""

    program: str
    buildkit: bool

    def image_id(self, reference: str) -> str | None:
        """The id of a local image, if there is one."""
        return ask([self.program, "image", "inspect", "--format", "{{.Id}}", reference])

    def ensure(self, reference: str, tell: Tell) -> str:
        """The id of an image that is pulled if it is not here.

        Raises:
            Failure: it can't be pulled.
        """
        found = self.image_id(reference)
        if found is None:
            run(
                f"Pulling the base image {reference}",
                [self.program, "pull", reference],
                tell=tell,
                advice="Name an image that is on this machine with --base-image or OAAS_BASE_IMAGE; it needs Python.",
            )
            found = self.image_id(reference)
        assert found is not None
        return found

    def import_archive(self, archive: Path, tag: str, tell: Tell) -> None:
        """Make an image of a root file system.

        Raises:
            Failure: with the words of the engine.
        """
        run(f"Importing {tag}", [self.program, "import", str(archive), tag], tell=tell)

    def python_in(self, image: str) -> Target:
        """What Python an image has.

        Raises:
            Failure: it has none.
        """
        command = ["run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", _PYTHON_FACTS]
        text = ask([self.program, *command])
        if text is None:
            raise Failure(
                f"The base image {image} has no Python that runs as python3.",
                advice="Name another one with --base-image or OAAS_BASE_IMAGE.",
            )
        (major, minor), machine, libc, libc_version = json.loads(text)
        return Target(python=f"{major}.{minor}", machine=machine, libc=libc, libc_version=libc_version)

    def build(self, context: Path, tag: str, base_image: str, tell: Tell) -> None:
        """Build an image.

        Raises:
            Failure: with the last lines of the build.
        """
        run(
            f"Building {tag}",
            [self.program, "build", "--build-arg", f"BASE_IMAGE={base_image}", "--tag", tag, str(context)],
            tell=tell,
            environment={"DOCKER_BUILDKIT": "1" if self.buildkit else "0", "BUILDKIT_PROGRESS": "plain"},
        )


def find_docker() -> Docker:
    """The first client on PATH that reaches an engine, one that can use BuildKit if possible.

    Raises:
        Failure: there is none.
    """
    usable = [
        Docker(program, _has_buildkit(program, version))
        for program in _programs()
        if (version := ask([program, "version", "--format", "{{.Client.Version}} {{.Server.Version}}"]))
    ]
    if not usable:
        raise Failure(
            "No docker client on PATH reaches an engine, so no image can be built.",
            advice="Install and start Docker, or give the name of an image instead of a directory.",
        )
    return next((docker for docker in usable if docker.buildkit), usable[0])


def _programs() -> list[str]:
    """Every ``docker`` on PATH, once."""
    found: dict[Path, str] = {}
    for directory in os.get_exec_path():
        program = Path(directory) / "docker"
        if os.access(program, os.X_OK) and program.is_file():
            found.setdefault(program.resolve(), str(program))
    return list(found.values())


def _has_buildkit(program: str, version: str) -> bool:
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < BUILDX_SINCE:
        return True
    return ask([program, "buildx", "version"]) is not None
