"""Running the tools a build needs."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from oaasplatform.cli.errors import Failure

TAIL_LINES = 20
"""How much of a tool's output is shown when it fails."""

Tell = Callable[[str], None]


def run(
    what: str,
    command: Sequence[str],
    *,
    tell: Tell,
    environment: Mapping[str, str] | None = None,
    advice: str | None = None,
) -> None:
    """Run a tool and pass on each line it writes.

    Raises:
        Failure: ``what`` failed, with the last lines of the tool.
    """
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise Failure(f"{what} failed: {command[0]} can't be run ({error.strerror}).", advice=advice) from error
    with process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if text := line.strip():
                    tail.append(text)
                    tell(f"{what}: {text}")
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise Failure(f"{what} failed.", details=list(tail), advice=advice)


def ask(command: Sequence[str], *, timeout: float = 60) -> str | None:
    """What a tool prints on stdout; None when it fails or is not there."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=timeout
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
