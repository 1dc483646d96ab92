"""Which dependencies of a project are source trees on this machine rather than packages of an index."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def local_projects(directory: Path) -> list[Path]:
    """The project itself and every dependency of it, direct or not, whose source is here.

    A source is here when ``[tool.uv.sources]`` of the project or its workspace says so, or when the package is
    installed in this environment from a directory.
    """
    found: list[Path] = []
    pending = [directory.resolve()]
    while pending:
        project = pending.pop(0)
        if project in found:
            continue
        found.append(project)
        sources = _sources(project)
        for name in _dependency_names(project):
            source = sources.get(name) or _installed_from(name)
            if source is not None and (source / "pyproject.toml").is_file():
                pending.append(source)
    return found


def _dependency_names(project: Path) -> list[str]:
    dependencies = _pyproject(project).get("project", {}).get("dependencies", [])
    return [canonicalize_name(Requirement(text).name) for text in dependencies]


def _sources(project: Path) -> dict[str, Path]:
    """Directories that uv's settings name, by package."""
    found: dict[str, Path] = {}
    for holder in (_workspace_root(project), project):
        if holder is None:
            continue
        for name, source in _uv(holder).get("sources", {}).items():
            key = canonicalize_name(name)
            if isinstance(source, dict) and "path" in source:
                found[key] = (holder / source["path"]).resolve()
            elif isinstance(source, dict) and source.get("workspace"):
                found.update(_members(_workspace_root(holder), key))
    return found


def _members(root: Path | None, name: str) -> dict[str, Path]:
    """The workspace member with this package name, if there is one."""
    patterns = _uv(root)["workspace"].get("members", []) if root is not None else []
    for pattern in patterns:
        for member in root.glob(pattern) if root is not None else ():
            if canonicalize_name(_pyproject(member).get("project", {}).get("name", "")) == name:
                return {name: member.resolve()}
    return {}


def _workspace_root(project: Path) -> Path | None:
    return next((each for each in (project, *project.parents) if "workspace" in _uv(each)), None)


def _uv(project: Path) -> dict[str, Any]:
    settings: dict[str, Any] = _pyproject(project).get("tool", {}).get("uv", {})
    return settings


def _pyproject(project: Path) -> dict[str, Any]:
    path = project / "pyproject.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _installed_from(name: str) -> Path | None:
    """The directory this environment has the package from (PEP 610), if it is one."""
    try:
        text = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}
    if "dir_info" not in origin:
        return None
    return Path(unquote(urlparse(origin["url"]).path))
