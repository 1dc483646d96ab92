"""Make the password of the database at the first start: ``make_password.py FILE``. A file that is there stays."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

target = Path(sys.argv[1])
if not target.exists():
    draft = target.with_suffix(".new")
    draft.write_text(os.environ.get("POSTGRES_PASSWORD") or secrets.token_urlsafe(24), encoding="utf-8")
    # The database runs as a user of its own image; only the two of them have the volume.
    draft.chmod(0o444)
    draft.replace(target)
    print("The password of the database was made.")  # noqa: T201
