"""Which Python runs a project.

1. The project's own ``.venv``, if it has one; ``oaas-sdk`` has to be installed in it.
2. The node's Python, if what the project asks for is installed there in a fitting version.
3. Otherwise an environment on top of the node's, with what the project asks for: the node's packages can be imported
   in it (``oaas-sdk`` is one of them), and those of the project come first.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import site
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from oaasplatform.domain.errors import ImageUnavailable

_TAIL_LINES = 10
_SDK = "oaas-sdk"

Tell = Callable[[str], None]


class Environments:
    """Environments that were made for projects, by what they hold."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._making = asyncio.Lock()

    async def interpreter(self, project: Path, sources: Path, tell: Tell) -> Path:
        """The Python for the project at ``project``, of which ``sources`` is the copy to run.

        Raises:
            ImageUnavailable: what it needs can't be installed, with the words of the installer.
        """
        own = project / ".venv" / "bin" / "python"
        if own.exists():
            return own
        requirements = _requirements(sources)
        if all(map(_is_met, requirements)):
            return Path(sys.executable)
        async with self._making:
            return await self._overlay([str(each) for each in requirements], tell)

    async def _overlay(self, requirements: list[str], tell: Tell) -> Path:
        key = hashlib.sha256("\n".join([sys.executable, sys.version, *sorted(requirements)]).encode()).hexdigest()[:16]
        home = self._directory / key
        python, complete = home / "bin" / "python", home / "complete"
        if complete.exists():
            return python
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        tell("Making a Python environment for the project.")
        uv = shutil.which("uv")
        try:
            if uv is not None:
                await _run(uv, "venv", "--quiet", "--python", sys.executable, str(home))
                install = [uv, "pip", "install", "--quiet", "--python", str(python)]
            else:
                await _run(sys.executable, "-m", "venv", str(home))
                install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            tell(f"Installing {', '.join(requirements)}.")
            await _run(*install, *requirements)
        except ImageUnavailable:
            shutil.rmtree(home, ignore_errors=True)
            raise
        _put_below(home)
        complete.touch()
        return python


def _requirements(sources: Path) -> list[Requirement]:
    """What the project depends on here, but for the SDK, which the node brings."""
    document = tomllib.loads((sources / "pyproject.toml").read_text(encoding="utf-8"))
    try:
        found = [Requirement(text) for text in document.get("project", {}).get("dependencies", [])]
    except InvalidRequirement as error:
        raise ImageUnavailable(f"A dependency in pyproject.toml is not valid: {error}") from error
    return [
        each
        for each in found
        if canonicalize_name(each.name) != _SDK and (each.marker is None or each.marker.evaluate())
    ]


def _is_met(requirement: Requirement) -> bool:
    if requirement.url is not None:
        return False
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def _put_below(home: Path) -> None:
    """Let the node's packages be found after those of the environment, editable ones included."""
    lines = [f"import site; site.addsitedir({place!r})" for place in site.getsitepackages()]
    for packages in home.glob("lib/python*/site-packages"):
        (packages / "oaas-node.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        tail = "\n".join(out.decode(errors="replace").strip().splitlines()[-_TAIL_LINES:])
        raise ImageUnavailable(f"What the project needs can't be installed. The installer said:\n{tail}")
