"""Wheels for the Python of an image: built from local sources, or downloaded from the package index."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oaasplatform.cli.errors import Failure
from oaasplatform.cli.images.process import Tell, run

OLDEST_GLIBC = 17
"""The 2.17 of manylinux2014: no wheels of today ask for less."""


@dataclass(frozen=True)
class Target:
    """What a wheel has to fit."""

    python: str
    """``3.12``"""
    machine: str
    libc: str
    """``glibc``; musl does not tell its name."""
    libc_version: str

    @property
    def platforms(self) -> list[str]:
        """Platform tags of wheels that run there, best first."""
        if self.libc != "glibc":
            return [f"musllinux_1_{minor}_{self.machine}" for minor in (2, 1)]
        newest = int(self.libc_version.split(".")[1])
        modern = [f"manylinux_2_{minor}_{self.machine}" for minor in range(newest, OLDEST_GLIBC - 1, -1)]
        return [*modern, f"manylinux2014_{self.machine}", f"linux_{self.machine}"]

    @property
    def pip_options(self) -> list[str]:
        """Make ``pip download`` choose wheels for there."""
        platforms = [option for tag in self.platforms for option in ("--platform", tag)]
        return ["--only-binary=:all:", "--implementation", "cp", "--python-version", self.python, *platforms]


def collect_wheels(projects: Sequence[Path], target: Target, directory: Path, tell: Tell) -> None:
    """Put the wheels of local projects and of all their dependencies into ``directory``, and pip's own.

    Raises:
        Failure: one can't be built or is not to be had for the target.
    """
    pip = _pip()
    directory.mkdir(exist_ok=True)
    run(
        "Building wheels",
        [*pip, "wheel", "--no-deps", "--wheel-dir", str(directory), *map(str, projects)],
        tell=tell,
        advice="Building needs the package index, for the build tools of the project.",
    )
    local = sorted(map(str, directory.glob("*.whl")))
    # The local wheels are named themselves, so that no package of the same name on the index takes their place.
    run(
        f"Collecting wheels for Python {target.python}",
        [*pip, "download", "--progress-bar", "off", "--dest", str(directory), *target.pip_options, "pip", *local],
        tell=tell,
        advice="The package index has to be reachable, and to have a wheel of each dependency for this Python.",
    )


def _pip() -> list[str]:
    """How pip is called here."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if program := shutil.which("pip3") or shutil.which("pip"):
        return [program]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise Failure("Collecting wheels needs pip or uv.", advice="Install one of them, for example by your system.")
