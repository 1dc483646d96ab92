"""What comes out of an execution, for people, pipes and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from oaasplatform.cli import format, output
from oaasplatform.cli.client import Document
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.progress import incumbent_text


def deliver(execution: Document, target: Path | None, *, as_json: bool) -> None:
    """Hand over an execution that ended: its output to stdout (or ``target``), or with ``as_json`` all of it.

    Raises:
        Failure: it did not succeed.
    """
    if target is not None and "output" in execution:
        _write(target, execution["output"])
    if as_json:
        output.show_json(execution)
    if execution["state"] != "succeeded":
        raise outcome_failure(execution)
    if not as_json:
        output.note(summary(execution), style="green")
        if target is None:
            show_output(execution)


def summary(execution: Document) -> str:
    """One line: ``edge-placement succeeded in 2.3 s, objective 1,234.5 (gap 0 %)``."""
    parts = [f"{execution['algorithmName']} {execution['state'].replace('_', ' ')}"]
    if (seconds := format.between(execution["startedAt"], execution["finishedAt"])) is not None:
        parts[0] += f" in {format.duration(seconds)}"
    if best := incumbent_text(execution["incumbent"]):
        parts.append(best)
    if execution["attempt"] > 1:
        parts.append(f"attempt {execution['attempt']} of {execution['maxAttempts']}")
    return f"{', '.join(parts)} · execution {execution['id']}"


def outcome_failure(execution: Document) -> Failure:
    """Why an execution that ended brought no output."""
    error = execution["error"] or {}
    kind, message = error.get("type"), error.get("message")
    told = ": ".join(part for part in (kind, message) if part)
    log = f"What it wrote: `oaas executions logs {execution['id']}`"
    return Failure(
        summary(execution) + (f"\n{told}" if told else ""),
        advice="\n".join(part for part in (execution["advice"], log) if part),
    )


def show_output(execution: Document) -> None:
    """The output as JSON: whole into a pipe, with long lists shortened on a terminal."""
    document: Any = execution["output"]
    out = output.console()
    if not out.is_terminal:
        output.show_json(document)
        return
    from rich.json import JSON

    shown, cut = output.abridged(document)
    out.print(JSON(json.dumps(shown), ensure_ascii=False))
    if cut:
        output.note(
            f"Shortened; `oaas executions show {execution['id']} --json` has all of it, --output FILE saves it."
        )


def _write(target: Path, document: Any) -> None:
    try:
        target.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"The output could not be written to {target}: {error.strerror}.") from error
