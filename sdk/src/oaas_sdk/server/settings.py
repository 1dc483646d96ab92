"""Settings of the server, from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oaas_sdk.contract import (
    DEFAULT_PORT,
    ENV_CONCURRENCY,
    ENV_HOST,
    ENV_PORT,
    ENV_PORT_FILE,
    MAX_LAUNCH_BATCH,
)

ENV_MAX_BODY_BYTES = "OAAS_MAX_BODY_BYTES"
ENV_MAX_LOG_BYTES = "OAAS_MAX_LOG_BYTES"
ENV_MAX_KEPT_BYTES = "OAAS_MAX_KEPT_BYTES"
ENV_LAUNCH_BATCH = "OAAS_LAUNCH_BATCH"


class SettingsError(Exception):
    """An environment variable has a value that makes no sense."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one instance is served."""

    host: str = "0.0.0.0"  # noqa: S104 - in its container; the process runtime names the loopback address
    port: int = DEFAULT_PORT
    """0 lets the operating system pick one."""
    port_file: Path | None = None
    """Where the port is written once the server listens."""
    concurrency: int = 1
    """Runs at the same time, each in a worker of its own."""
    max_body_bytes: int = 66 * 2**20
    """Largest request body: an input that a node accepts by default fits into it, with what stands beside it."""
    max_log_bytes: int = 4 * 2**20
    """Output that is kept of one run: its beginning and its end."""
    max_kept_bytes: int = 64 * 2**20
    """Outputs and logs of finished runs that are kept, all together."""
    launch_batch: int = 256
    """Launches that are taken in one request; 1 turns such requests off."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment of this process, or from another mapping.

        Raises:
            SettingsError: a value is not a number or out of range.
        """
        env = os.environ if environment is None else environment

        def number(name: str, default: int, least: int, most: int) -> int:
            text = env.get(name, "")
            try:
                value = int(text) if text else default
            except ValueError:
                raise SettingsError(f"{name} must be a whole number, not {text!r}") from None
            if not least <= value <= most:
                raise SettingsError(f"{name} must be from {least} to {most}, not {value}")
            return value

        port_file = env.get(ENV_PORT_FILE)
        return cls(
            host=env.get(ENV_HOST) or cls.host,
            port=number(ENV_PORT, cls.port, 0, 65535),
            port_file=Path(port_file) if port_file else None,
            concurrency=number(ENV_CONCURRENCY, cls.concurrency, 1, 10_000),
            max_body_bytes=number(ENV_MAX_BODY_BYTES, cls.max_body_bytes, 1024, 2**31),
            max_log_bytes=number(ENV_MAX_LOG_BYTES, cls.max_log_bytes, 1024, 2**31),
            max_kept_bytes=number(ENV_MAX_KEPT_BYTES, cls.max_kept_bytes, 0, 2**40),
            launch_batch=number(ENV_LAUNCH_BATCH, cls.launch_batch, 1, MAX_LAUNCH_BATCH),
        )
