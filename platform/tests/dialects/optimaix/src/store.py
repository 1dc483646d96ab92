"""The state: a JSON file that backend and worker read and write, with nothing that keeps them apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = Path("/app/executions.json")
Records = list[dict[str, Any]]


def create() -> None:
    """Begin with no executions."""
    if not FILE.exists():
        _save([])


def change(edit: Callable[[Records], dict[str, Any]]) -> dict[str, Any]:
    """Read the file, let the records be edited, write it. Raises ``ValueError`` when the file is not JSON."""
    records: Records = json.loads(FILE.read_text())
    record = edit(records)
    _save(records)
    return record


def now() -> str:
    """As records have it."""
    return datetime.now(UTC).isoformat()


def _save(records: Records) -> None:
    with FILE.open("w") as file:
        json.dump(records, file)
