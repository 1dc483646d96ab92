"""Documentation that can go wrong without anybody noticing: settings, errors, states and links."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import AliasChoices

from oaasplatform.api.problems import STATUS
from oaasplatform.domain.executions import ExecutionState, FailureType
from oaasplatform.domain.quotas import WIRE_NAMES
from oaasplatform.master.settings import MasterSettings
from oaasplatform.settings import CommonSettings, Settings

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
_FIRST_CELL = re.compile(r"^\| *(`[^|]+`) *\|.*$(?!\n\|-)", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


def main() -> int:
    """Print what is wrong; the exit code."""
    complaints = [
        *_differences("configuration.md", "## Node", set(_variables(Settings))),
        *_differences("configuration.md", "## Master", set(_variables(MasterSettings))),
        *_differences("api.md", "## Errors", {type_.code for type_ in STATUS}),
        *_differences("execution-states.md", "## States", {state.value for state in ExecutionState}),
        *_differences("execution-states.md", "## Errors", {type_.value for type_ in FailureType}),
        *_differences("quotas.md", "## Fields", set(WIRE_NAMES.values())),
        *_broken_links(),
    ]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def _variables(settings: type[CommonSettings]) -> Iterator[str]:
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        match field.validation_alias:
            case str(alias):
                yield alias
            case AliasChoices(choices=[str(alias), *_]):
                yield alias
            case _:
                yield f"{prefix}{name}".upper()


def _differences(file: str, heading: str, real: set[str]) -> Iterator[str]:
    """What the tables below a heading have in their first column, against what there really is."""
    _, found, rest = (REFERENCE / file).read_text(encoding="utf-8").partition(f"\n{heading}\n")
    if not found:
        yield f"{file}: no section {heading!r}"
        return
    section = rest.partition("\n## ")[0]
    documented = {code for cell in _FIRST_CELL.findall(section) for code in _CODE.findall(cell)}
    for name in sorted(real - documented):
        yield f"{file}, {heading}: {name} is missing"
    for name in sorted(documented - real):
        yield f"{file}, {heading}: there is no {name}"


def _broken_links() -> Iterator[str]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        document = ROOT / name
        if not document.is_file():
            continue
        for target in _LINK.findall(document.read_text(encoding="utf-8")):
            if not (document.parent / target).exists():
                yield f"{name}: the link to {target} is broken"


if __name__ == "__main__":
    sys.exit(main())
