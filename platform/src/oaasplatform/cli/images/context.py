"""The build context: a copy of the project, so that the build leaves nothing in it."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

WHEELS = "wheels"
"""Directory of the context that a Dockerfile copies to install from."""

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", "*.pyc", ".*_cache", "*.egg-info"
)
_BASE_ARGUMENT = re.compile(r"^\s*ARG\s+BASE_IMAGE=[\"']?([^\s\"']+)", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)
_USES_WHEELS = re.compile(rf"^\s*COPY\s.*\b{WHEELS}\b", re.IGNORECASE | re.MULTILINE)


def copy_context(project: Path, target: Path) -> None:
    """Copy a project without version control, environments and caches; its ``.dockerignore`` goes with it."""
    shutil.copytree(project, target, symlinks=True, ignore=_LEFT_OUT)
    rules = target / ".dockerignore"
    if rules.is_file():
        rules.write_text(f"{rules.read_text(encoding='utf-8').rstrip()}\n!{WHEELS}\n", encoding="utf-8")
    shutil.rmtree(target / WHEELS, ignore_errors=True)


def default_base_image(dockerfile: str) -> str | None:
    """The image a Dockerfile stands on unless it is told another one."""
    match = _BASE_ARGUMENT.search(dockerfile) or _FROM.search(dockerfile)
    return match[1] if match else None


def uses_wheels(dockerfile: str) -> bool:
    """Whether a Dockerfile installs from wheels of the context."""
    return _USES_WHEELS.search(dockerfile) is not None


def content_hash(projects: Iterable[Path], *more: str) -> str:
    """Names the content of projects: the same files, and ``more``, give the same text."""
    total = hashlib.sha256()
    for text in more:
        total.update(f"{text}\0".encode())
    for project in projects:
        for path in sorted(_files(project)):
            total.update(f"{path.relative_to(project)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


def _files(directory: Path) -> Iterable[Path]:
    names = [path.name for path in directory.iterdir()]
    left_out = _LEFT_OUT(str(directory), names)
    for path in directory.iterdir():
        if path.name in left_out or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path
