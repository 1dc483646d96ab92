"""First process of the platform's container: does what needs root, gives root up, and becomes the command.

The engine's socket belongs to another group on every host, so the group is looked up here. Where the socket is for
root alone, the command stays root.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from pathlib import Path

USER = 10001
SOCKET = Path("/var/run/docker.sock")
WORKSHOP = Path("/var/lib/oaas/aerich")
CONFIG = """[tool.aerich]
tortoise_orm = "oaasplatform.database.config.TORTOISE_ORM"
location = "./migrations"
src_folder = "./."
"""
_PR_SET_NO_NEW_PRIVS = 38
_GROUP_READS_AND_WRITES = stat.S_IRGRP | stat.S_IWGRP


def main(command: list[str]) -> None:
    """Prepare, and become the command."""
    if os.geteuid() == 0:
        groups = engine_groups()
        own(WORKSHOP.parent)
        if groups is None:
            sys.stderr.write(f"{SOCKET} is for root alone: the platform runs as root.\n")
        else:
            os.setgroups(groups)
            os.setgid(USER)
            os.setuid(USER)
    prepare_workshop()
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.execvp(command[0], command)  # noqa: S606 - that is what an entrypoint is for


def engine_groups() -> list[int] | None:
    """Further groups that the command needs to use the engine; None when only root may."""
    try:
        found = SOCKET.stat()
    except FileNotFoundError:
        return []
    if found.st_mode & _GROUP_READS_AND_WRITES == _GROUP_READS_AND_WRITES:
        return [found.st_gid]
    return None


def prepare_workshop() -> None:
    """Give aerich its settings and the migrations of this version; those that an operator added stay."""
    # Not imported: the package is large, and only its place is needed.
    package = next(Path("/opt/oaas/lib").glob("python3*/site-packages/oaasplatform/database/migrations"))
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    config = WORKSHOP / "pyproject.toml"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    for source in package.rglob("*.py"):
        target = WORKSHOP / "migrations" / source.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def own(directory: Path) -> None:
    """The volume belongs to the platform's user, whoever made it or wrote into it (aerich, by ``docker exec``)."""
    for path in (directory, *directory.rglob("*")):
        found = path.lstat()
        if found.st_uid == 0:
            os.chown(path, USER, USER, follow_symlinks=False)


if __name__ == "__main__":
    main(sys.argv[1:] or ["oaas", "up"])
