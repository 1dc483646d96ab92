"""Keys by which programs know each other: 256 random bits, shown as bearer tokens (RFC 6750), stored as digests."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32
_SCHEME = "bearer "


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_hex(_BYTES)


def digest(key: str) -> str:
    """What is stored by whoever checks the key: SHA-256 in hexadecimal digits. Keys are too long to be searched for."""
    return hashlib.sha256(key.encode()).hexdigest()


def authorization(key: str) -> str:
    """The ``Authorization`` header that shows the key."""
    return f"Bearer {key}"


def shown_key(authorization: str | None) -> str | None:
    """The key in an ``Authorization`` header; None if it shows none."""
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        return None
    return authorization[len(_SCHEME) :].strip()
