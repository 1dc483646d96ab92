"""References of the process runtime: project directories, of which a copy is run, and installed modules."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oaas_sdk.author.errors import RepositoryError
from oaas_sdk.author.project import find_target
from oaasplatform.domain.errors import ImageUnavailable

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", "*.pyc", ".*_cache", "*.egg-info"
)


@dataclass(frozen=True)
class Project:
    """A directory with a ``pyproject.toml`` that names a module of algorithms."""

    directory: Path


@dataclass(frozen=True)
class Module:
    """A module that the node's own interpreter can import, as ``oaas-sdk serve`` takes it."""

    target: str


def parse_reference(reference: str) -> Project | Module:
    """Read ``/abs/path``, ``dir:/abs/path`` or ``python:package.module``.

    Raises:
        ImageUnavailable: it is none of these, or not here.
    """
    if reference.startswith("python:"):
        return Module(reference.removeprefix("python:"))
    directory = Path(reference.removeprefix("dir:"))
    if not directory.is_absolute() or not directory.is_dir():
        raise ImageUnavailable(
            f"{reference!r} is no directory on this node. The process runtime runs no images: give the absolute path "
            "of a project whose pyproject.toml has `module` in [tool.oaas], or python:MODULE. "
            "Images need a container engine (OAAS_RUNTIME=docker)."
        )
    try:
        find_target(None, directory)
    except RepositoryError as error:
        raise ImageUnavailable(f"{directory} is no algorithm repository: {error}") from error
    return Project(directory)


class Sources:
    """Copies of projects by their content, so that an instance runs what was registered and not what came after."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def copy(self, project: Project) -> str:
        """Keep a copy of the project as it is now; returns the digest of its content.

        Raises:
            ImageUnavailable: it can't be read.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=".draft-") as scratch:
            draft = Path(scratch) / "copy"
            try:
                shutil.copytree(project.directory, draft, ignore=_LEFT_OUT, ignore_dangling_symlinks=True)
            except (OSError, shutil.Error) as error:
                raise ImageUnavailable(f"{project.directory} can't be copied: {error}") from error
            digest = _digest((draft,))
            if not self.path(digest).is_dir():
                draft.replace(self.path(digest))
        return digest

    def path(self, digest: str) -> Path:
        """Where the copy of a digest is, if it is there."""
        return self._directory / digest.removeprefix("sha256:")


def module_digest(module: Module) -> str:
    """Digest of the top-level package or module.

    Raises:
        ImageUnavailable: there is none in the node's environment.
    """
    name = module.target.partition(":")[0].partition(".")[0]
    importlib.invalidate_caches()
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None:
        raise ImageUnavailable(f"The node's Python has no module {name!r}.")
    places = spec.submodule_search_locations or ([spec.origin] if spec.origin else [])
    return _digest(map(Path, places))


def _digest(places: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for place in places:
        for path in sorted(_files(place)):
            total.update(f"{path.relative_to(place)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    children = list(place.iterdir())
    left_out = _LEFT_OUT(str(place), [child.name for child in children])
    for child in children:
        if child.name not in left_out:
            yield from _files(child)
