"""Resolve the newest versions that the projects allow, and pin them in pyproject.toml.

uv.lock names the package index it was resolved from, so it stays out of git; the pins stand in
``[tool.uv] constraint-dependencies`` instead, where uv honours them in every resolution.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import tomlkit
from tomlkit.items import Array, Table

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "pyproject.toml"
RUNTIME, BUILD = "constraint-dependencies", "build-constraint-dependencies"


def main() -> None:
    document = tomlkit.parse(PROJECT.read_text(encoding="utf-8"))
    settings = document["tool"]["uv"]
    assert isinstance(settings, Table)
    before = {key: list(settings.get(key, [])) for key in (RUNTIME, BUILD)}
    settings[RUNTIME] = _array([])
    settings[BUILD] = _array([])
    PROJECT.write_text(tomlkit.dumps(document), encoding="utf-8")
    settings[RUNTIME] = _array(_resolved())
    settings[BUILD] = _array(_resolved_build_tools())
    PROJECT.write_text(tomlkit.dumps(document), encoding="utf-8")
    for key, old in before.items():
        new = [str(pin) for pin in settings[key]]
        for pin in sorted({*old} ^ {*new}):
            print("+" if pin in new else "-", pin)


def _resolved() -> list[str]:
    _uv("lock", "--upgrade")
    contents = ["--all-packages", "--all-groups", "--all-extras", "--no-emit-workspace"]
    return _pins(_uv("export", "--frozen", *contents, "--no-hashes", "--no-annotate", "--no-header"))


def _resolved_build_tools() -> list[str]:
    needed: set[str] = set()
    for member in tomlkit.parse(PROJECT.read_text(encoding="utf-8")).unwrap()["tool"]["uv"]["workspace"]["members"]:
        project = tomlkit.parse((ROOT / member / "pyproject.toml").read_text(encoding="utf-8")).unwrap()
        needed.update(project["build-system"]["requires"])
    options = ["--universal", "--python-version=3.11", "--no-annotate", "--no-header"]
    return _pins(_uv("pip", "compile", *options, "-", stdin="\n".join(sorted(needed))))


def _pins(requirements: str) -> list[str]:
    return [line for line in requirements.splitlines() if line and not line.startswith(("#", "-e", "."))]


def _array(pins: list[str]) -> Array:
    array = tomlkit.array()
    array.extend(pins)
    return array.multiline(True)


def _uv(*arguments: str, stdin: str | None = None) -> str:
    command = [str(ROOT / "scripts" / "uv.sh"), *arguments, "--quiet"]
    return subprocess.run(command, cwd=ROOT, input=stdin, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main()
