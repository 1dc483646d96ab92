"""What works on this machine, for ``oaas doctor``: the same code that a node starts with, asked without starting."""

from __future__ import annotations

from dataclasses import dataclass

from oaasplatform.database.config import external_dsn
from oaasplatform.database.embedded import installed_binaries
from oaasplatform.database.probe import probe
from oaasplatform.domain.errors import DatabaseUnavailable, SettingsInvalid
from oaasplatform.runtimes.docker import engine_answers
from oaasplatform.settings import Settings


@dataclass(frozen=True)
class Diagnosis:
    """What was found out about one part."""

    name: str
    ok: bool | None
    """None for what works with limits."""
    detail: str
    advice: str | None = None


async def diagnose(settings: Settings) -> list[Diagnosis]:
    """Look at the database and the container engine."""
    return [await _database(settings), await _engine(settings)]


async def _database(settings: Settings) -> Diagnosis:
    try:
        dsn = external_dsn(settings)
    except SettingsInvalid as error:
        return Diagnosis("database", False, error.detail, "Correct DATABASE_URL, or unset it.")
    if dsn is None:
        return _embedded()
    try:
        return Diagnosis("database", True, await probe(dsn))
    except DatabaseUnavailable as error:
        advice = "Check POSTGRES_IP and the other POSTGRES_ settings, or unset them to use the embedded server."
        return Diagnosis("database", False, error.detail, advice)


def _embedded() -> Diagnosis:
    try:
        binaries = installed_binaries()
    except DatabaseUnavailable as error:
        return Diagnosis("database", False, error.detail, "Install PostgreSQL and set POSTGRES_IP.")
    return Diagnosis("database", True, f"embedded PostgreSQL ({binaries.name.removeprefix('pginstall')})")


async def _engine(settings: Settings) -> Diagnosis:
    if settings.runtime == "process":
        return Diagnosis("container engine", None, "not used (OAAS_RUNTIME=process)", "Nothing isolates instances.")
    reason = await engine_answers()
    if reason is None:
        return Diagnosis("container engine", True, "Docker answers")
    advice = "Install and start Docker (Debian: apt-get install docker.io), or add yourself to the group `docker`."
    if settings.runtime == "docker":
        return Diagnosis("container engine", False, reason, advice)
    return Diagnosis("container engine", None, f"{reason} Instances run as plain processes.", advice)
