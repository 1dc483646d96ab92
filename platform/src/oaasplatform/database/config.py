"""Where the database is and what tables it has: ``TORTOISE_ORM`` for aerich, and the same for the node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from oaasplatform.database import embedded
from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.settings import CommonSettings, load_settings


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The tables of one program, and how they come about."""

    app: str
    """aerich's name for them, and the folder of their revisions."""
    models: str
    """Module of the Tortoise models."""
    migrations: Path
    upgrade: str
    """The command that applies the revisions by hand."""
    self_table: str
    """The table whose one row is the program itself, with the number of the term of office."""


NODE = Schema(
    app="models",
    models="oaasplatform.database.models",
    migrations=Path(__file__).parent / "migrations",
    upgrade="aerich upgrade",
    self_table="nodes",
)
_SCHEMES = {"postgres", "postgresql", "asyncpg"}


def external_dsn(settings: CommonSettings) -> str | None:
    """The operator's server as a ``postgres://`` URL, or None when the program brings its own.

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


def _password(settings: CommonSettings) -> str:
    if settings.postgres_password_file is None:
        return settings.postgres_password.get_secret_value()
    try:
        return settings.postgres_password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsInvalid(f"POSTGRES_PASSWORD_FILE can't be read: {error}.") from error


def tortoise_config(dsn: str, schema: Schema = NODE, *, migrating: bool = True) -> dict[str, Any]:
    """Tortoise's configuration for a database; what only aerich needs of it is there if it is ``migrating``."""
    parts = urlsplit(dsn)
    host = parts.hostname or unquote(dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p)["host"])
    models = [schema.models, *(["aerich.models"] if migrating else [])]
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
        "apps": {schema.app: {"models": models, "default_connection": "default"}},
        "use_tz": True,
    }


def __getattr__(name: str) -> Any:
    """``TORTOISE_ORM`` is made when aerich asks for it: importing this module reads no settings."""
    if name == "TORTOISE_ORM":
        settings = load_settings()
        return tortoise_config(external_dsn(settings) or embedded.dsn(settings.data_dir))
    raise AttributeError(name)
