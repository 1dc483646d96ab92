"""What tables the master has: ``TORTOISE_ORM`` for aerich, and the same for the master."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oaasplatform.database import embedded
from oaasplatform.database.config import Schema, external_dsn, tortoise_config
from oaasplatform.master.settings import load_settings

MASTER = Schema(
    app="master",
    models="oaasplatform.master.database.models",
    migrations=Path(__file__).parent / "migrations",
    upgrade="aerich -c master.toml upgrade",
    self_table="masters",
)


def __getattr__(name: str) -> Any:
    """``TORTOISE_ORM`` is made when aerich asks for it: importing this module reads no settings."""
    if name == "TORTOISE_ORM":
        settings = load_settings()
        return tortoise_config(external_dsn(settings) or embedded.dsn(settings.data_dir), MASTER)
    raise AttributeError(name)
