"""Where the database is: ``TORTOISE_ORM`` for aerich, and the same for the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from oaasplatform.database import embedded
from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.settings import Settings, load_settings

APP = "models"
MIGRATIONS = Path(__file__).parent / "migrations"
_SCHEMES = {"postgres", "postgresql", "asyncpg"}


def external_dsn(settings: Settings) -> str | None:
    """The operator's server as a ``postgres://`` URL, or None when the node brings its own.

    Raises:
        SettingsInvalid: the URL names another database system.
    """
    if settings.database_url:
        scheme = urlsplit(settings.database_url).scheme
        if scheme not in _SCHEMES:
            raise SettingsInvalid(
                f"DATABASE_URL names {scheme or 'no'!r} database; only PostgreSQL is supported. "
                "Give postgres://user:password@host:5432/database, or unset it to use the embedded PostgreSQL."
            )
        return "postgres" + settings.database_url[len(scheme) :]
    if settings.postgres_ip:
        password = _password(settings)
        user = quote(settings.postgres_user, safe="")
        return (
            f"postgres://{user}:{quote(password, safe='')}@{settings.postgres_ip}:{settings.postgres_port}"
            f"/{quote(settings.postgres_db, safe='')}"
        )
    return None


def _password(settings: Settings) -> str:
    if settings.postgres_password_file is None:
        return settings.postgres_password.get_secret_value()
    try:
        return settings.postgres_password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsInvalid(f"POSTGRES_PASSWORD_FILE can't be read: {error}.") from error


def tortoise_config(dsn: str, *, migrating: bool = True) -> dict[str, Any]:
    """Tortoise's configuration for a database; what only aerich needs of it is there if it is ``migrating``."""
    parts = urlsplit(dsn)
    host = parts.hostname or unquote(dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p)["host"])
    models = ["oaasplatform.database.models", *(["aerich.models"] if migrating else [])]
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": {
                    "host": host,
                    "port": parts.port or 5432,
                    "user": unquote(parts.username or "postgres"),
                    "password": unquote(parts.password or ""),
                    "database": unquote(parts.path.lstrip("/")),
                    "minsize": 1,
                    "maxsize": 4,
                    "timeout": 10,
                    "command_timeout": 30,
                },
            }
        },
        "apps": {APP: {"models": models, "default_connection": "default"}},
        "use_tz": True,
    }


def __getattr__(name: str) -> Any:
    """``TORTOISE_ORM`` is made when aerich asks for it: importing this module reads no settings."""
    if name == "TORTOISE_ORM":
        settings = load_settings()
        return tortoise_config(external_dsn(settings) or embedded.dsn(settings.data_dir))
    raise AttributeError(name)
