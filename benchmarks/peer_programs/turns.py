"""How a peer's load generator is told when to work: a line with seconds comes in, a line of JSON goes out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

NUMBERS = [0.5 + number for number in range(20)]
"""What the node gets in its turns too."""
TOTAL = sum(NUMBERS)
CLIENTS = 32


def turns() -> Iterator[float]:
    """The seconds of each turn, until the benchmark has seen enough."""
    for line in sys.stdin:
        yield float(line)


def tell(count: int, seconds: float) -> None:
    """What was done in the turn."""
    print(json.dumps({"count": count, "seconds": seconds}), flush=True)
