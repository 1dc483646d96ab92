"""Progress out of log lines, by a regular expression of the image's owner.

Expression and log are both untrusted: RE2 matches in linear time, whatever they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from oaas_sdk.contract import Incumbent
from oaasplatform.domain.errors import ContractBroken

_LONGEST_LINE = 4000
_GROUPS = frozenset({"percent", "fraction", "message", "objective", "bound", "gap"})


@dataclass(frozen=True)
class Progress:
    """What the log says."""

    fraction: float | None = None
    message: str | None = None
    incumbent: Incumbent | None = None


@lru_cache(maxsize=256)
def compiled(expression: str) -> Any:
    """Raise ``ContractBroken`` for what is no expression, or has groups that mean nothing."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 2**20
    try:
        pattern = re2.compile(expression, options)
    except re2.error as error:
        raise ContractBroken(f"The expression for progress is not valid: {error}.") from error
    unknown = set(pattern.groupindex) - _GROUPS
    if unknown or not pattern.groupindex:
        named = ", ".join(sorted(_GROUPS))
        raise ContractBroken(f"The expression for progress needs named groups, which may be {named}.")
    return pattern


def progress_in(log: bytes, expression: str) -> Progress:
    """What the newest lines say: the last match of each group counts."""
    found: dict[str, str] = {}
    for line in log.decode(errors="replace").splitlines():
        match = compiled(expression).search(line[:_LONGEST_LINE])
        if match is not None:
            found |= {name: text for name, text in match.groupdict().items() if text is not None}
    percent, fraction = _number(found.get("percent")), _number(found.get("fraction"))
    if fraction is None and percent is not None:
        fraction = percent / 100
    objective = _number(found.get("objective"))
    incumbent = None
    if objective is not None:
        incumbent = Incumbent(objective=objective, bound=_number(found.get("bound")), gap=_number(found.get("gap")))
    return Progress(fraction, found.get("message"), incumbent)


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
