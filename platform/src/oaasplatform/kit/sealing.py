"""Encryption of small secrets that are stored: AES-256-GCM with one key."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"
"""First byte of what is sealed, so that another cipher can follow one day."""


class SealBroken(Exception):
    """It was sealed with another key or for another context, or it was changed."""


class Sealer:
    """Seals texts with a key in base64, or with one from a file that is made when it is first needed."""

    def __init__(self, key: str | None, key_file: Path) -> None:
        """``key_file`` counts only without a ``key``.

        Raises:
            ValueError: key or file hold no key.
            OSError: the file can't be read.
        """
        self._key_file = key_file
        self._cipher: AESGCM | None = None
        if key is not None:
            self._cipher = AESGCM(_decoded(key))
        elif key_file.exists():
            self._cipher = AESGCM(_decoded(key_file.read_text(encoding="ascii", errors="replace")))

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt; only whoever names the same ``context`` gets the text back."""
        if self._cipher is None:
            self._cipher = AESGCM(_make_key_file(self._key_file))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        """The text again. Raises ``SealBroken``."""
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if self._cipher is None or version != _VERSION:
            raise SealBroken
        try:
            return self._cipher.decrypt(nonce, body, context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError("it has to be 32 random bytes in base64, like `openssl rand -base64 32` prints them")
    return key


def _make_key_file(path: Path) -> bytes:
    """A new key, on disk before anything is sealed with it; the file appears as a whole or not at all."""
    key = secrets.token_bytes(_KEY_BYTES)
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return key
