"""All settings of a master, from environment variables."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from oaasplatform.settings import CommonSettings, default_data_dir, load


class MasterSettings(CommonSettings):
    """Settings of a master."""

    port: int = Field(5001, ge=0, le=65535)
    """Port of the public API; 0 lets the operating system pick one."""
    data_dir: Path = Field(default_factory=lambda: default_data_dir("oaas-master"))
    postgres_db: str = Field("oaas_master", validation_alias="POSTGRES_DB")
    master_name: str = "oaas-master"
    node_silence: float = Field(10.0, gt=0)
    """Seconds without a heartbeat after which a node counts as unreachable; heartbeats come three times as often."""


def load_settings(**overrides: object) -> MasterSettings:
    """Read the environment for a master. See :func:`oaasplatform.settings.load`."""
    return load(MasterSettings, **overrides)
