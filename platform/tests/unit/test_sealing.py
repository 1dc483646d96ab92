"""Secrets at rest."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from oaasplatform.kit.sealing import SealBroken, Sealer


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def test_what_is_sealed_opens_for_its_context_only(tmp_path: Path) -> None:
    sealer = Sealer(key(), tmp_path / "unused")
    sealed = sealer.seal("geheim ☃", "registry.example.org")
    assert b"geheim" not in sealed
    assert sealer.open(sealed, "registry.example.org") == "geheim ☃"
    with pytest.raises(SealBroken):
        sealer.open(sealed, "evil.example.com")
    assert not (tmp_path / "unused").exists()


def test_equal_texts_look_different(tmp_path: Path) -> None:
    sealer = Sealer(key(), tmp_path / "unused")
    assert sealer.seal("a", "b") != sealer.seal("a", "b")


@pytest.mark.parametrize("place", [0, 1, 5, -1])
def test_changes_are_noticed(tmp_path: Path, place: int) -> None:
    sealer = Sealer(key(), tmp_path / "unused")
    sealed = bytearray(sealer.seal("secret", "host"))
    sealed[place] ^= 1
    with pytest.raises(SealBroken):
        sealer.open(bytes(sealed), "host")


def test_remains_are_no_seal(tmp_path: Path) -> None:
    for remains in (b"", b"\x01", b"\x01" + bytes(12)):
        with pytest.raises(SealBroken):
            Sealer(key(), tmp_path / "unused").open(remains, "host")


def test_the_key_file_is_made_when_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    sealer = Sealer(None, path)
    assert not path.exists()
    with pytest.raises(SealBroken):
        sealer.open(b"\x01" + bytes(40), "host")
    sealed = sealer.seal("secret", "host")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert Sealer(None, path).open(sealed, "host") == "secret"
    # The same key by the setting.
    assert Sealer(path.read_text(), tmp_path / "unused").open(sealed, "host") == "secret"


def test_a_draft_that_was_left_over_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "secret.key.new").write_text("half a k")
    assert Sealer(None, tmp_path / "secret.key").seal("secret", "host")


def test_url_safe_keys_are_keys(tmp_path: Path) -> None:
    raw = b"\xff" * 32
    sealed = Sealer(base64.urlsafe_b64encode(raw).decode(), tmp_path).seal("secret", "host")
    assert Sealer(base64.b64encode(raw).decode(), tmp_path).open(sealed, "host") == "secret"


@pytest.mark.parametrize("bad", ["", "password", base64.b64encode(b"short").decode(), "ü" * 44])
def test_other_texts_are_no_keys(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        Sealer(bad, tmp_path / "unused")
    (tmp_path / "bad.key").write_text(bad)
    with pytest.raises(ValueError, match="32 random bytes"):
        Sealer(None, tmp_path / "bad.key")


def test_processes_that_need_a_key_at_the_same_time_take_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    one, other = Sealer(None, path), Sealer(None, path)
    assert other.open(one.seal("secret", "host"), "host") == "secret"
    assert one.open(other.seal("secret", "host"), "host") == "secret"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
