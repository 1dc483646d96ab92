"""Finding and importing the module of a project."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from oaas_sdk.author.errors import RepositoryError

if TYPE_CHECKING:
    from oaas_sdk.author.repository import Repository


def find_target(argument: str | None, directory: Path | None = None) -> str:
    """What to serve: the argument, or ``[tool.oaas] module`` of the directory's ``pyproject.toml``.

    Raises:
        RepositoryError: neither is there.
    """
    if argument:
        return argument
    path = (directory or Path.cwd()) / "pyproject.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("oaas", {})
    except FileNotFoundError:
        raise RepositoryError(f"name a module, or set [tool.oaas] module in {path} (there is no such file)") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RepositoryError(f"cannot read {path}: {error}") from None
    module = table.get("module")
    if not isinstance(module, str) or not module:
        raise RepositoryError(f'name a module, or add to {path}:\n\n[tool.oaas]\nmodule = "your_package"')
    return module


def load(target: str) -> Repository:
    """Import ``package.module``, ``package.module:repository`` or ``path/to/file.py`` and give its repository.

    Modules are looked for in the working directory and its ``src`` folder too, so a project need not be installed.

    Raises:
        RepositoryError: there is no algorithm in it, or it is unclear which repository is meant.
        Exception: whatever the import raises.
    """
    from oaas_sdk.author.repository import Repository, default_repository

    for folder in (Path.cwd() / "src", Path.cwd()):
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    module_name, _, attribute = target.partition(":")
    module = _import(module_name)
    if attribute:
        repository = getattr(module, attribute, None)
        if not isinstance(repository, Repository):
            raise RepositoryError(f"{target}: {attribute!r} is not a Repository")
    else:
        own = {id(value): value for value in vars(module).values() if isinstance(value, Repository)}
        if len(own) > 1:
            raise RepositoryError(f"{module_name} has {len(own)} repositories: name one, as in {module_name}:NAME")
        repository = next(iter(own.values()), default_repository)
    if not len(repository):
        raise RepositoryError(f"{target} defines no algorithm: decorate a function with @oaas_sdk.algorithm")
    repository.name = repository.name or module.__name__.partition(".")[0]
    return repository


def _import(name: str) -> ModuleType:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise RepositoryError(f"there is no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
