"""Progress out of log lines, whatever is in them."""

from __future__ import annotations

import time

import pytest

from oaas_sdk.contract import Incumbent
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.protocols.progress_lines import Progress, progress_in


@pytest.mark.parametrize(
    ("log", "expression", "progress"),
    [
        (b"5 % done\n45 % done\n", r"(?P<percent>\d+) % done", Progress(fraction=0.45)),
        (b"at 0.25\nat 0.5 of it", r"at (?P<fraction>\S+)", Progress(fraction=0.5)),
        (b"best 3\nround 7\n", r"best (?P<objective>\S+)|(?P<message>round \d+)",
         Progress(None, "round 7", Incumbent(objective=3))),
        (b"best 3 bound 2 gap 33%\n", r"best (?P<objective>\S+) bound (?P<bound>\S+) gap (?P<gap>\S+)",
         Progress(None, None, Incumbent(objective=3, bound=2, gap=33))),
        (b"best inf bound nan", r"best (?P<objective>\S+) bound (?P<bound>\S+)", Progress()),
        (b"\xff\xfe best x\n", r"best (?P<objective>\S+)", Progress()),
        (b"", r"(?P<percent>\d+)", Progress()),
    ],
)  # fmt: skip
def test_what_lines_say(log: bytes, expression: str, progress: Progress) -> None:
    assert progress_in(log, expression) == progress


def test_an_expression_takes_linear_time() -> None:
    began = time.monotonic()
    assert progress_in((b"a" * 3000 + b"!\n") * 30, r"^(?P<message>(a+)+)$") == Progress()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "expression", ["(", "plain", r"(?P<colour>x)", r"(?P<percent>\d+)(?=x)", "(?P<percent>a{9999})"]
)
def test_expressions_that_are_refused(expression: str) -> None:
    with pytest.raises(ContractBroken, match="expression for progress"):
        progress_in(b"x", expression)
