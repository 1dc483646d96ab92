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
        else:
            self._known()

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt; only whoever names the same ``context`` gets the text back."""
        cipher = self._known() or self._make()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + cipher.encrypt(nonce, text.encode(), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        """The text again. Raises ``SealBroken``."""
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        cipher = self._known()
        if cipher is None or version != _VERSION:
            raise SealBroken
        try:
            return cipher.decrypt(nonce, body, context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error

    def _known(self) -> AESGCM | None:
        """With the key, if there is one by now: another process may have made it."""
        if self._cipher is None and self._key_file.exists():
            self._cipher = AESGCM(_decoded(self._key_file.read_text(encoding="ascii", errors="replace")))
        return self._cipher

    def _make(self) -> AESGCM:
        _make_key_file(self._key_file)
        cipher = self._known()
        assert cipher is not None
        return cipher


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError("it has to be 32 random bytes in base64, like `openssl rand -base64 32` prints them")
    return key


def _make_key_file(path: Path) -> None:
    """A new key, on disk before anything is sealed with it; the file appears as a whole or not at all.

    Nothing happens if there is one already.
    """
    key = secrets.token_bytes(_KEY_BYTES)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was faster: its key counts
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
