"""Network designs that come with this repository."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def nsfnet() -> dict[str, Any]:
    """NSFNET, 14 nodes and 42 directed links, as a plain design document. Don't change it: everybody gets the same."""
    document = resources.files("network_planning").joinpath("data", "nsfnet.json").read_text("utf-8")
    design: dict[str, Any] = json.loads(document)
    return design
