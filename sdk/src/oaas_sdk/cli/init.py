"""``oaas-sdk init``: a project that works from the first minute."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_SUFFIX = ".template"
_DOTTED = {"dockerignore", "gitignore"}
"""Files whose names start with a dot in a project: packaging tools leave such files out of a wheel."""


class InitError(Exception):
    """The project cannot be written; the message says why."""


def write_project(name: str, parent: Path) -> list[Path]:
    """Write a project into the new directory ``parent/name`` and give its files.

    Raises:
        InitError: the name is not usable, or there is such a directory that is not empty.
    """
    if not _NAME.fullmatch(name):
        raise InitError(f"{name!r} is no project name: use lower-case letters, digits and -, as in my-algorithms")
    package = re.sub(r"[.-]", "_", name)
    if keyword.iskeyword(package) or package == "oaas_sdk":
        raise InitError(f"a Python package cannot be called {package!r}")
    project = parent / name
    if project.exists() and (not project.is_dir() or any(project.iterdir())):
        raise InitError(f"{project} exists already")
    return _write(files("oaas_sdk.cli") / "template", project, {"@NAME@": name, "@PACKAGE@": package})


def _write(template: Traversable, directory: Path, words: dict[str, str]) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for entry in sorted(template.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            inside = "src/" + words["@PACKAGE@"] if entry.name == "src" else entry.name
            written += _write(entry, directory / inside, words)
        elif entry.name.endswith(_SUFFIX):
            name = entry.name.removesuffix(_SUFFIX)
            text = entry.read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(word, value)
            path = directory / (f".{name}" if name in _DOTTED else name)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
